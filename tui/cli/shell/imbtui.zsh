#compdef imbtui
# zsh completion for imbtui. Generated from the declarations of the commands.

_imbtui_ask() {
    reply=("${(@f)$(imbtui _complete $1 "${typed[@]}" 2>/dev/null)}")
    reply=(${reply:#})
}

_imbtui_runs() {
    local -a reply
    _imbtui_ask runs
    reply=("${(@)reply//:/\\:}")
    reply=("${(@)reply/$'\t'/:}")
    _describe -t runs run reply "$@"
}

_imbtui_columns() {
    local -a reply
    local expl
    _imbtui_ask columns
    _wanted columns expl column compadd "$@" -a reply
}

_imbtui_tables() {
    _alternative 'samples:sample:(sample\:stroke sample\:moons sample\:blobs sample\:ecoli sample\:hypothyroid)' 'files:file:_files'
}

_imbtui() {
    local -a commands specs typed=("${(@Q)words[2,CURRENT-1]}")
    local command= curcontext=$curcontext
    commands=(
        'run:Tune and compare methods on a dataset'
        'demo:Run the article'\''s experiment on the stroke sample: 6 trials, 3 folds'
        'rerun:Start a new run with the settings of another; options change some of them'
        'runs:List runs and their size on disk'
        'show:Print the result of a run'
        'compare:Compare runs: differences in settings, then in results'
        'watch:Show the progress of a run until it ends, then its result'
        'resume:Resume a run that was interrupted, cancelled or failed'
        'cancel:Cancel a run; finished arms and trials are kept'
        'annotate:Set or print the note and the tags of a run'
        'delete:Delete runs from the store'
        'store:Show the disk use of the store; check it or prune it'
        'profile:Profile a dataset: columns, classes and advice, before any training'
        'preflight:Check which methods work on a dataset, what they add, and how long they take'
        'curves:Draw the curves of a run, or print their points'
        'errors:List the test rows that an arm gets wrong, or count them by column'
        'explain:Show feature importances, or the contributions to the score of one row'
        'export:Export a run as code, model, data or report, or to another system'
        'predict:Score the rows of a table with an exported bundle'
        'validate:Validate an exported bundle on new labelled rows'
        'bench:Compare methods across many datasets, one run each'
        'methods:List the methods, or describe one'
        'models:List the models, describe one, or check one'
        'sample:List the sample datasets, or write one to a file'
        'generate:Generate an imbalanced synthetic dataset: describe it, or write it to a file'
        'balance:Write a balanced training table; test rows are held out'
        'leak-demo:Show how much a score improves if rows are resampled before the split'
        'plugins:List the samplers, models and exports of other packages, or check a package'\''s'
        'config:Show the settings of the app, check their file, or say where it is'
        'completion:Print the script that completes commands, options and names in a shell'
    )
    if (( CURRENT > 2 )) && [[ -n ${commands[(r)$words[2]:*]} ]]; then
        command=$words[2]
        shift words
        (( CURRENT-- ))
    elif [[ $words[2] != -* ]] && (( CURRENT == 2 )); then
        _describe -t commands command commands
        _imbtui_runs
        _imbtui_tables
        return
    fi

    [[ $command == (run) ]] && specs+=(
        ':DATA|EXPERIMENT.toml:_imbtui_tables'
    )
    [[ $command == (run|rerun|profile|preflight|balance|leak-demo) ]] && specs+=(
        '(--target)--target[target column (default\: guessed)]:COL:_imbtui_columns'
        '(--positive)--positive[positive class (default\: the rarer one)]:LABEL: '
        '(--weight)--weight[column of row weights, for fitting only; metrics count rows]:COL:_imbtui_columns'
        '(--thin)--thin[negatives per positive; 0 = all (default\: 10 if > 1,000,000 rows)]:N: '
        '(--drop)--drop[columns to ignore]:COL,…:_sequence -s , _imbtui_columns'
        '(--keep)--keep[use these columns although they are ids, dates or free text]:COL,…:_sequence -s , _imbtui_columns'
        '(--subgroups)--subgroups[groups whose errors are compared; no features unless kept]:COL,…:_sequence -s , _imbtui_columns'
        '(--kinds)--kinds[kind of column; if detected wrongly\: number, integer, boolean, category, date, text, id]:COL=KIND,…:_sequence -s , _imbtui_columns'
        '(--mute)--mute[advice to hide, such as IMB018 or IMB018\:city]:CODE,…: '
        '(--group)--group[group column; a group is never split]:COL:_imbtui_columns'
        '(--time)--time[time column; the latest rows are the test rows]:COL:_imbtui_columns'
        '(--by)--by[column that says train or test (0 or 1)]:COL:_imbtui_columns'
        '(--duplicates)--duplicates[rows that are equal in every feature\: together, apart (default\: together)]:NAME:(together apart)'
        '(--test)--test[a table of test rows, or - (stdin)]:FILE:_files'
    )
    [[ $command == (run|rerun|bench) ]] && specs+=(
        '(--preset)--preset[article, quick, thorough, classic, carriero (default\: article, stratified)]:NAME:(article quick thorough classic carriero)'
        '(--methods)--methods[methods to compare, or chains\: smote\:ratio=tune+enn]:METHOD,…:_sequence -s , compadd - untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging'
        '(--models)--models[each with every method (default\: xgboost); see imbtui models]:MODEL,…:_sequence -s , compadd - xgboost logistic random-forest hist-gradient-boosting lightgbm linear-svm rbf-svm'
        '(--cost-fn)--cost-fn[cost of a miss; default\: the class ratio]:X: '
        '(--cost-fp)--cost-fp[cost of a false alarm; default\: 1]:X: '
        '(--space)--space[search space; for XGBoost'\''s settings; other models have their own, or none where fixed\: shallow, wide, sagemaker, fixed]:NAME:(shallow wide sagemaker fixed)'
        '(--objective)--objective[metric of a trial\: average_precision, roc_auc, log_loss, brier]:NAME:(average_precision roc_auc log_loss brier)'
    )
    [[ $command == (run|demo|rerun|bench) ]] && specs+=(
        '(--trials)--trials[settings tried per arm]:N: '
        '(--folds)--folds[folds inside the training rows]:N: '
        '(--splits)--splits[hold-outs; each is drawn anew, and all is repeated in it (default\: 1)]:N: '
        '(--repeats)--repeats[repetitions of cross-validation]:N: '
        '(--time-limit)--time-limit[seconds; no new trial starts after it]:X: '
        '(--no-prune)--no-prune[do not prune weak trials; stop trials that are not in the best third after 20, 40, 80, … rounds]'
        '(--patience)--patience[max. preparation time; seconds that resampling for an arm may take (default\: 3600)]:X: '
        '(--seed)--seed[random seed (default\: 42)]:N: '
        '(--jobs)--jobs[parallel workers (default\: all cores)]:N: '
        '(--executor)--executor[local (threads), processes, dask or inline]:NAME:(local inline processes dask)'
        '(--scheduler)--scheduler[Dask scheduler, such as tls\://host\:8786]:ADDRESS: '
        '(--memory)--memory[memory limit (default\: most of the free memory)]:GIB: '
        '(--no-cache)--no-cache[do not cache the table and resampled folds for later runs]'
    )
    [[ $command == (run|demo|rerun|resume) ]] && specs+=(
        '(--detach)--detach[return at once; the run continues in the background]'
    )
    [[ $command == (run|rerun|profile|preflight|bench|balance|leak-demo) ]] && specs+=(
        '(--test-size)--test-size[test share; share of rows held out (default\: 0.2)]:X: '
        '(--no-stratify)--no-stratify[do not keep the class shares equal in train and test]'
    )
    [[ $command == (run|rerun|profile|preflight|predict|validate|balance|leak-demo) ]] && specs+=(
        '(--format)--format[kind of file\: text, parquet, feather, jsonl, arff, excel]:NAME:(text parquet feather jsonl arff excel)'
        '(--delimiter)--delimiter[field delimiter, or whitespace]:CHAR|tab: '
        '(--encoding)--encoding[text encoding\: utf-8, cp1252, utf-16 …]:NAME: '
        '(--quote)--quote[quote character, or none]:CHAR: '
        '(--escape)--escape[escape character]:CHAR: '
        '(--decimal)--decimal[decimal mark; . or ,]:CHAR:(. ,)'
        '(--header)--header[header lines; 0 if there is none]:N: '
        '(--skip)--skip[lines before the header]:N: '
        '(--missing)--missing[texts for missing cells, such as ?, n/a]:TEXT,…: '
        '(--ragged)--ragged[ragged lines; with too few or too many fields\: refuse, drop, fill (default\: refuse)]:NAME:(refuse drop fill)'
        '(--member)--member[file of a zip, or sheet of a workbook]:NAME: '
        '(--columns)--columns[columns to read (default\: all)]:COL,…:_sequence -s , _imbtui_columns'
        '(--rows)--rows[sample; number of rows to read, stratified (default\: all)]:N: '
    )
    [[ $command == (run|rerun) ]] && specs+=(
        '(--at)--at[operating point; orders the board; a named one such as recall>=0.9 also sets the recommendation, unless costs are given (default\: recommended)]:POINT:(recommended fixed prevalence f1 cost recall precision alerts)'
        '(--cost-fn-column)--cost-fn-column[cost column; cost of each miss; drop if known later]:COL:_imbtui_columns'
        '(--cost-tp)--cost-tp[cost of a true positive; below that of a miss (default\: 0)]:X: '
        '(--cost-tn)--cost-tn[cost of a true negative; below that of a false alarm (default\: 0)]:X: '
        '(--cost-review)--cost-review[cost of a review; a person looks at a row (default\: none)]:X: '
        '(--prevalence)--prevalence[prevalence in use; share of positives; default\: the table'\''s]:X: '
        '(--recall-floor)--recall-floor[the r of recall>=r (default\: 0.8)]:X: '
        '(--precision-floor)--precision-floor[the p of precision>=p (default\: 0.2)]:X: '
        '(--alerts)--alerts[the k of alerts<=k\: a share of the rows, or a number of test rows (default\: 0.05)]:X: '
        '(--rope)--rope[practically equal; AP differences up to this (default\: 0.01)]:X: '
    )
    [[ $command == (run|demo|rerun) ]] && specs+=(
        '(--note)--note[a note, shown in the list of runs]:TEXT: '
    )
    [[ $command == (run|demo|rerun|watch|resume) ]] && specs+=(
        '(--notify)--notify[signal the end of the run]:VALUE:(bell osc9)'
    )
    [[ $command == (run|demo|rerun|runs|show|compare|watch|resume|cancel|annotate|delete|store|curves|errors|explain|export|bench) ]] && specs+=(
        '(--store)--store[file that holds the runs (default\: IMBTUI_STORE)]:PATH:_files'
    )
    [[ $command == (run|demo|rerun|runs|show|compare|watch|resume|store|profile|preflight|curves|errors|explain|export|predict|validate|bench|methods|models|sample|generate|balance|leak-demo|plugins) ]] && specs+=(
        '(--json)--json[print one JSON document only]'
    )
    [[ $command == (run|demo|rerun|watch|resume|profile|preflight|errors|explain|export|predict|validate|bench|balance|leak-demo) ]] && specs+=(
        '(--quiet)--quiet[show no progress]'
    )
    [[ $command == (run|demo|rerun|runs|show|compare|watch|resume|cancel|annotate|delete|store|profile|preflight|curves|errors|explain|export|predict|validate|bench|methods|models|sample|generate|balance|leak-demo|plugins|config|completion|'') ]] && specs+=(
        '(--ascii)--ascii[write and draw in ASCII only]'
        '(-v --verbose)-v[log on standard error what is done]'
        '(-v --verbose)--verbose[log on standard error what is done]'
        '(--log-file)--log-file[append a log to PATH, with tracebacks of errors]:PATH:_files'
        '(-h --help)-h[show this help message and exit]'
        '(-h --help)--help[show this help message and exit]'
    )
    [[ $command == (rerun|show|watch|resume|cancel|annotate|curves|errors|explain|export) ]] && specs+=(
        ':RUN:_imbtui_runs'
    )
    [[ $command == (runs) ]] && specs+=(
        '(--filter)--filter[words in id, dataset, target, arms, note, tags or status]:TEXT: '
        '*--tag[runs with this tag; repeatable\: with all of them]:T: '
        '(--status)--status[done, failed, cancelled, running, queued, interrupted, unreadable, stalled]:S:(done failed cancelled running queued interrupted unreadable stalled)'
    )
    [[ $command == (show) ]] && specs+=(
        '(--at)--at[operating point (default\: that of the experiment)]:POINT:(recommended fixed prevalence f1 cost recall precision alerts)'
        '(--section)--section[verdict, board, matched, calibration, costs, folds, groups, review, splits]:NAME,…:_sequence -s , compadd - verdict board matched calibration costs folds groups review splits'
    )
    [[ $command == (show|curves|errors|explain) ]] && specs+=(
        '(--class)--class[class (default\: the rarest)]:LABEL: '
    )
    [[ $command == (compare) ]] && specs+=(
        '*:RUN:_imbtui_runs'
        '(--at)--at[operating point (default\: that of the first run)]:POINT:(recommended fixed prevalence f1 cost recall precision alerts)'
        '(--arm)--arm[compare only these arms]:ARM,…:_sequence -s , compadd - untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging'
    )
    [[ $command == (annotate) ]] && specs+=(
        '(--note)--note[replace the note; '\'''\'' clears it]:TEXT: '
        '*--tag[add a tag; repeatable]:T: '
        '*--untag[remove a tag; repeatable]:T: '
    )
    [[ $command == (delete) ]] && specs+=(
        '*:RUN:_imbtui_runs'
    )
    [[ $command == (store) ]] && specs+=(
        '(--check)--check[read every record; exit with 1 if any is damaged]'
        '(--prune)--prune[delete cached folds and files that no run needs]'
    )
    [[ $command == (profile|preflight|balance|leak-demo) ]] && specs+=(
        ':DATA:_imbtui_tables'
    )
    [[ $command == (profile) ]] && specs+=(
        '(--seed)--seed[seed of the split (default\: 42)]:N: '
    )
    [[ $command == (preflight) ]] && specs+=(
        '(--methods)--methods[methods to check (default\: all)]:METHOD,…|all:_sequence -s , compadd - untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging all'
        '(--folds)--folds[number of folds (default\: 5)]:N: '
        '(--seed)--seed[seed of the split and of the methods (default\: 42)]:N: '
    )
    [[ $command == (curves) ]] && specs+=(
        '(--curve)--curve[pr, roc, det, lift, gain, cost, prevalence, benefit, sweep, calibration]:NAME:(pr roc det lift gain cost prevalence benefit sweep calibration)'
        '(--arm)--arm[arms (default\: the first 6; all with --json)]:ARM,…:_sequence -s , compadd - untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging'
    )
    [[ $command == (errors|explain|export) ]] && specs+=(
        '(--arm)--arm[arm (default\: the recommended one)]:ARM:(untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging)'
    )
    [[ $command == (errors|explain) ]] && specs+=(
        '(--at)--at[operating point (default\: that of the run)]:POINT:(recommended fixed prevalence f1 cost recall precision alerts)'
    )
    [[ $command == (errors) ]] && specs+=(
        '(--kind)--kind[missed, alarms, found, left]:KIND:(missed alarms found left)'
        '(--where)--where[only rows with this value in this column]:COLUMN=LEVEL:_imbtui_columns'
        '(--against)--against[only rows that this arm predicts differently]:ARM:(untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging)'
        '(--rows)--rows[maximum number of rows]:N: '
        '(--start)--start[position of the first row]:N: '
        '(--by)--by[misses, false alarms and gaps between the levels of a column]:COLUMN:_imbtui_columns'
    )
    [[ $command == (explain) ]] && specs+=(
        '(--row)--row[row, as numbered by imbtui errors (default\: the whole model)]:N: '
    )
    [[ $command == (export) ]] && specs+=(
        '(--as)--as[script, notebook, bundle, onnx, data, predictions, report, sagemaker, experiment, optuna, mlflow; without it all are listed]:KIND:(script notebook bundle onnx data predictions report sagemaker experiment optuna mlflow)'
        '(--at)--at[operating point (default\: recommended)]:POINT:(recommended fixed prevalence f1 cost recall precision alerts)'
        '(--table)--table[default\: csv]:FORMAT:(csv parquet)'
        '(--author)--author[who ran it, as a report says (default\: the setting)]:NAME: '
        '(-o --output)-o[file, folder or address (default\: from run and arm)]:OUT:_files'
        '(-o --output)--output[file, folder or address (default\: from run and arm)]:OUT:_files'
        '(--force)--force[overwrite existing files]'
        '(--plan)--plan[list what would be written; write nothing]'
    )
    [[ $command == (predict|validate) ]] && specs+=(
        ':BUNDLE:_files'
        '(--coerce)--coerce[read cells of the wrong kind as missing (default\: refuse)]'
        '(--as-trained)--as-trained[use the delimiter, encoding and decimal mark of the run]'
    )
    [[ $command == (predict) ]] && specs+=(
        ':DATA:_imbtui_tables'
        '(-o --output)-o[file for the scores\: .csv or .parquet]:OUT:_files'
        '(-o --output)--output[file for the scores\: .csv or .parquet]:OUT:_files'
        '(--keep)--keep[columns of the table to write beside the scores]:COL,…:_sequence -s , _imbtui_columns'
        '(--all)--all[write every column of the table]'
        '(--at)--at[operating point (default\: that of the bundle)]:POINT:(recommended fixed prevalence f1 cost recall precision alerts)'
        '(--threshold)--threshold[threshold instead of an operating point (two classes)]:X: '
    )
    [[ $command == (predict|validate|sample|generate) ]] && specs+=(
        '(--force)--force[overwrite OUT]'
    )
    [[ $command == (validate) ]] && specs+=(
        ':DATA:_imbtui_tables'
        '(-o --output)-o[file for a report\: .html or .md]:OUT:_files'
        '(-o --output)--output[file for a report\: .html or .md]:OUT:_files'
        '(--at)--at[operating point (default\: that of the bundle)]:NAME: '
        '(--width)--width[wanted half width of intervals (default\: 0.05)]:X: '
        '(--keep-equal)--keep-equal[count rows equal to training rows (default\: leave out)]'
    )
    [[ $command == (bench) ]] && specs+=(
        ':DIR|LIST:_files'
        '(--metric)--metric[average_precision, cost, recall, roc_auc, brier (default\: the first)]:NAME:(average_precision cost recall roc_auc brier)'
        '(--rope)--rope[differences that count as equal (0.01; cost 1; brier 0.001)]:X: '
    )
    [[ $command == (methods) ]] && specs+=(
        ':METHOD:(untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging)'
    )
    [[ $command == (models) ]] && specs+=(
        ':MODEL:(xgboost logistic random-forest hist-gradient-boosting lightgbm linear-svm rbf-svm)'
        '(--check)--check[check that NAME does all that a model must\: a minute or two]'
    )
    [[ $command == (sample) ]] && specs+=(
        ':SAMPLE:(stroke moons blobs ecoli hypothyroid)'
    )
    [[ $command == (sample|generate) ]] && specs+=(
        '(-o --output)-o[output file\: .csv, .csv.gz or .parquet]:OUT:_files'
        '(-o --output)--output[output file\: .csv, .csv.gz or .parquet]:OUT:_files'
    )
    [[ $command == (generate) ]] && specs+=(
        ':KIND:(moons blobs carriero)'
        '(--rows)--rows[number of rows]:VALUE: '
        '(--ratio)--ratio[majority rows per minority row]:VALUE: '
        '(--noise)--noise[standard deviation of the noise]:VALUE: '
        '(--overlap)--overlap[overlap of the classes, 0 to 1]:VALUE: '
        '(--classes)--classes[number of classes (blobs)]:VALUE: '
        '(--features)--features[number of columns (blobs)]:VALUE: '
        '(--scenario)--scenario[1 to 18 of the paper; sets rows and ratio (carriero)]:VALUE: '
        '(--seed)--seed[random seed]:VALUE: '
    )
    [[ $command == (balance) ]] && specs+=(
        '(--method)--method[sampler, or a chain such as smote+enn]:METHOD|CHAIN:(untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging)'
        '(-o --output)-o[file for the training rows\: .csv, .csv.gz or .parquet]:OUT:_files'
        '(-o --output)--output[file for the training rows\: .csv, .csv.gz or .parquet]:OUT:_files'
        '(--split)--split[hold out test rows first (0.2), as OUT-test]'
        '(--synthetic)--synthetic[column that marks synthetic rows]'
        '(--force)--force[overwrite OUT and OUT-test]'
    )
    [[ $command == (balance|leak-demo) ]] && specs+=(
        '(--ratio)--ratio[minority rows per majority row, at most 1]:X: '
        '(--counts)--counts[rows of each class afterwards, instead of a ratio]:LABEL=N/…: '
        '*--set[parameter of the sampler; repeatable]:NAME=VALUE: '
        '(--seed)--seed[seed of the split and of the method (default\: 42)]:N: '
    )
    [[ $command == (leak-demo) ]] && specs+=(
        '(--method)--method[sampler or chain (default\: smote)]:METHOD|CHAIN:(untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging)'
    )
    [[ $command == (plugins) ]] && specs+=(
        ':ACTION:(check)'
        ':PACKAGE: '
    )
    [[ $command == (config) ]] && specs+=(
        ':ACTION:(show validate path)'
        '(--defaults)--defaults[show the defaults, not what the file sets]'
    )
    [[ $command == (completion) ]] && specs+=(
        ':SHELL:(bash zsh fish)'
    )
    [[ $command == ('') ]] && specs+=(
        ':DATA|RUN:_imbtui_tables'
        '(--target)--target[target column]:COL:_imbtui_columns'
        '(--positive)--positive[positive class]:LABEL: '
        '(--store)--store[file that holds the runs]:PATH:_files'
        '(--version)--version[show program'\''s version number and exit]'
    )
    _arguments -S $specs
}

_imbtui "$@"
