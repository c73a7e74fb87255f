# bash completion for imbtui. Generated from the declarations of the commands.

_imbtui_offer() {
    # Reply with those lines of the input that begin as the value does.
    local line ahead=
    [[ $marks ]] && ahead=${value%"${value##*[$marks]}"}
    while IFS= read -r line; do
        line=${line%%$'\t'*}
        [[ $line && $line == "${value#"$ahead"}"* ]] || continue
        [[ $marks && $line == *,* ]] && continue
        line=$ahead$line
        [[ $plain || $line != *[!A-Za-z0-9_.,:=+@%/-]* ]] || printf -v line %q "$line"
        COMPREPLY+=("${line#"$split"}")
    done
}

_imbtui() {
    local word value previous words last=-1 command= glue= split= plain= wanted=
    local options= choices= sources= arguments= places= marks= names='run demo rerun runs show compare watch resume cancel annotate delete store profile preflight curves errors explain export predict validate bench methods models sample generate balance leak-demo plugins config completion'
    COMPREPLY=() words=()
    # bash takes words apart at : and =
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if [[ $glue || ( $last -ge 0 && $word == [:=]* ) ]]; then
            words[last]+=$word
        else
            last=$((last + 1)) words[last]=$word
        fi
        [[ $word == *[:=] ]] && glue=1 || glue=
    done
    value=${words[last]} previous=${words[last-1]}
    if [[ $value == --*=* ]]; then
        previous=${value%%=*} value=${value#*=}
    fi
    [[ $word == [:=] ]] && word=
    split=${value%"$word"}
    [[ $value == [\"\']* ]] && plain=1 split= value=${value:1}
    value=${value//\\/}
    words=("${words[@]:1:last-1}")
    words=("${words[@]//[\"\'\\]/}")
    [[ $last -gt 1 && " $names " == *" ${words[0]} "* ]] && command=${words[0]}

    case $command in run)
        arguments='sample:stroke sample:moons sample:blobs sample:ecoli sample:hypothyroid' places='files'
    esac
    case $command in run|rerun|profile|preflight|balance|leak-demo)
        options+=' --target --positive --weight --thin --drop --keep --subgroups --kinds --mute --group --time --by --duplicates --test'
        case $previous in
        --target|--weight|--group|--time|--by) wanted=1 sources='columns' ;;
        --positive|--thin) wanted=1 ;;
        --drop|--keep|--subgroups|--kinds) wanted=1 sources='columns' marks=',' ;;
        --mute) wanted=1 marks=',' ;;
        --duplicates) wanted=1 choices='together apart' ;;
        --test) wanted=1 sources='files' ;;
        esac
    esac
    case $command in run|rerun|bench)
        options+=' --preset --methods --models --cost-fn --cost-fp --space --objective'
        case $previous in
        --preset) wanted=1 choices='article quick thorough classic carriero' ;;
        --methods) wanted=1 choices='untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging' marks=',+' ;;
        --models) wanted=1 choices='xgboost logistic random-forest hist-gradient-boosting lightgbm linear-svm rbf-svm' marks=',' ;;
        --cost-fn|--cost-fp) wanted=1 ;;
        --space) wanted=1 choices='shallow wide sagemaker fixed' ;;
        --objective) wanted=1 choices='average_precision roc_auc log_loss brier' ;;
        esac
    esac
    case $command in run|demo|rerun|bench)
        options+=' --trials --folds --splits --repeats --time-limit --no-prune --patience --seed --jobs --executor --scheduler --memory --no-cache'
        case $previous in
        --trials|--folds|--splits|--repeats|--time-limit|--patience|--seed|--jobs|--scheduler|--memory) wanted=1 ;;
        --executor) wanted=1 choices='local inline processes dask' ;;
        esac
    esac
    case $command in run|demo|rerun|resume)
        options+=' --detach'
    esac
    case $command in run|rerun|profile|preflight|bench|balance|leak-demo)
        options+=' --test-size --no-stratify'
        case $previous in
        --test-size) wanted=1 ;;
        esac
    esac
    case $command in run|rerun|profile|preflight|predict|validate|balance|leak-demo)
        options+=' --format --delimiter --encoding --quote --escape --decimal --header --skip --missing --ragged --member --columns --rows'
        case $previous in
        --format) wanted=1 choices='text parquet feather jsonl arff excel' ;;
        --delimiter|--encoding|--quote|--escape|--header|--skip|--member|--rows) wanted=1 ;;
        --decimal) wanted=1 choices='. ,' ;;
        --missing) wanted=1 marks=',' ;;
        --ragged) wanted=1 choices='refuse drop fill' ;;
        --columns) wanted=1 sources='columns' marks=',' ;;
        esac
    esac
    case $command in run|rerun)
        options+=' --at --cost-fn-column --cost-tp --cost-tn --cost-review --prevalence --recall-floor --precision-floor --alerts --rope'
        case $previous in
        --at) wanted=1 choices='recommended fixed prevalence f1 cost recall precision alerts' ;;
        --cost-fn-column) wanted=1 sources='columns' ;;
        --cost-tp|--cost-tn|--cost-review|--prevalence|--recall-floor|--precision-floor|--alerts|--rope) wanted=1 ;;
        esac
    esac
    case $command in run|demo|rerun)
        options+=' --note'
        case $previous in
        --note) wanted=1 ;;
        esac
    esac
    case $command in run|demo|rerun|watch|resume)
        options+=' --notify'
        case $previous in
        --notify) wanted=1 choices='bell osc9' ;;
        esac
    esac
    case $command in run|demo|rerun|runs|show|compare|watch|resume|cancel|annotate|delete|store|curves|errors|explain|export|bench)
        options+=' --store'
        case $previous in
        --store) wanted=1 sources='files' ;;
        esac
    esac
    case $command in run|demo|rerun|runs|show|compare|watch|resume|store|profile|preflight|curves|errors|explain|export|predict|validate|bench|methods|models|sample|generate|balance|leak-demo|plugins)
        options+=' --json'
    esac
    case $command in run|demo|rerun|watch|resume|profile|preflight|errors|explain|export|predict|validate|bench|balance|leak-demo)
        options+=' --quiet'
    esac
    case $command in run|demo|rerun|runs|show|compare|watch|resume|cancel|annotate|delete|store|profile|preflight|curves|errors|explain|export|predict|validate|bench|methods|models|sample|generate|balance|leak-demo|plugins|config|completion|'')
        options+=' --ascii -v --verbose --log-file -h --help'
        case $previous in
        --log-file) wanted=1 sources='files' ;;
        esac
    esac
    case $command in rerun|show|watch|resume|cancel|annotate|curves|errors|explain|export)
        arguments='' places='runs'
    esac
    case $command in runs)
        options+=' --filter --tag --status'
        case $previous in
        --filter|--tag) wanted=1 ;;
        --status) wanted=1 choices='done failed cancelled running queued interrupted unreadable stalled' ;;
        esac
    esac
    case $command in show)
        options+=' --at --section'
        case $previous in
        --at) wanted=1 choices='recommended fixed prevalence f1 cost recall precision alerts' ;;
        --section) wanted=1 choices='verdict board matched calibration costs folds groups review splits' marks=',' ;;
        esac
    esac
    case $command in show|curves|errors|explain)
        options+=' --class'
        case $previous in
        --class) wanted=1 ;;
        esac
    esac
    case $command in compare)
        options+=' --at --arm'
        arguments='' places='runs'
        case $previous in
        --at) wanted=1 choices='recommended fixed prevalence f1 cost recall precision alerts' ;;
        --arm) wanted=1 choices='untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging' marks=',' ;;
        esac
    esac
    case $command in annotate)
        options+=' --note --tag --untag'
        case $previous in
        --note|--tag|--untag) wanted=1 ;;
        esac
    esac
    case $command in delete)
        arguments='' places='runs'
    esac
    case $command in store)
        options+=' --check --prune'
    esac
    case $command in profile|preflight|balance|leak-demo)
        arguments='sample:stroke sample:moons sample:blobs sample:ecoli sample:hypothyroid' places='files'
    esac
    case $command in profile)
        options+=' --seed'
        case $previous in
        --seed) wanted=1 ;;
        esac
    esac
    case $command in preflight)
        options+=' --methods --folds --seed'
        case $previous in
        --methods) wanted=1 choices='untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging all' marks=',+' ;;
        --folds|--seed) wanted=1 ;;
        esac
    esac
    case $command in curves)
        options+=' --curve --arm'
        case $previous in
        --curve) wanted=1 choices='pr roc det lift gain cost prevalence benefit sweep calibration' ;;
        --arm) wanted=1 choices='untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging' marks=',' ;;
        esac
    esac
    case $command in errors|explain|export)
        options+=' --arm'
        case $previous in
        --arm) wanted=1 choices='untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging' ;;
        esac
    esac
    case $command in errors|explain)
        options+=' --at'
        case $previous in
        --at) wanted=1 choices='recommended fixed prevalence f1 cost recall precision alerts' ;;
        esac
    esac
    case $command in errors)
        options+=' --kind --where --against --rows --start --by'
        case $previous in
        --kind) wanted=1 choices='missed alarms found left' ;;
        --where|--by) wanted=1 sources='columns' ;;
        --against) wanted=1 choices='untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging' ;;
        --rows|--start) wanted=1 ;;
        esac
    esac
    case $command in explain)
        options+=' --row'
        case $previous in
        --row) wanted=1 ;;
        esac
    esac
    case $command in export)
        options+=' --as --at --table --author -o --output --force --plan'
        case $previous in
        --as) wanted=1 choices='script notebook bundle onnx data predictions report sagemaker experiment optuna mlflow' ;;
        --at) wanted=1 choices='recommended fixed prevalence f1 cost recall precision alerts' ;;
        --table) wanted=1 choices='csv parquet' ;;
        --author) wanted=1 ;;
        -o|--output) wanted=1 sources='files' ;;
        esac
    esac
    case $command in predict|validate)
        options+=' --coerce --as-trained'
        arguments='' places='files'
    esac
    case $command in predict)
        options+=' -o --output --keep --all --at --threshold'
        arguments='sample:stroke sample:moons sample:blobs sample:ecoli sample:hypothyroid' places='files'
        case $previous in
        -o|--output) wanted=1 sources='files' ;;
        --keep) wanted=1 sources='columns' marks=',' ;;
        --at) wanted=1 choices='recommended fixed prevalence f1 cost recall precision alerts' ;;
        --threshold) wanted=1 ;;
        esac
    esac
    case $command in predict|validate|sample|generate)
        options+=' --force'
    esac
    case $command in validate)
        options+=' -o --output --at --width --keep-equal'
        arguments='sample:stroke sample:moons sample:blobs sample:ecoli sample:hypothyroid' places='files'
        case $previous in
        -o|--output) wanted=1 sources='files' ;;
        --at|--width) wanted=1 ;;
        esac
    esac
    case $command in bench)
        options+=' --metric --rope'
        arguments='' places='files'
        case $previous in
        --metric) wanted=1 choices='average_precision cost recall roc_auc brier' ;;
        --rope) wanted=1 ;;
        esac
    esac
    case $command in methods)
        arguments='untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging' places=''
    esac
    case $command in models)
        options+=' --check'
        arguments='xgboost logistic random-forest hist-gradient-boosting lightgbm linear-svm rbf-svm' places=''
    esac
    case $command in sample)
        arguments='stroke moons blobs ecoli hypothyroid' places=''
    esac
    case $command in sample|generate)
        options+=' -o --output'
        case $previous in
        -o|--output) wanted=1 sources='files' ;;
        esac
    esac
    case $command in generate)
        options+=' --rows --ratio --noise --overlap --classes --features --scenario --seed'
        arguments='moons blobs carriero' places=''
        case $previous in
        --rows|--ratio|--noise|--overlap|--classes|--features|--scenario|--seed) wanted=1 ;;
        esac
    esac
    case $command in balance)
        options+=' --method -o --output --split --synthetic --force'
        case $previous in
        --method) wanted=1 choices='untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging' ;;
        -o|--output) wanted=1 sources='files' ;;
        esac
    esac
    case $command in balance|leak-demo)
        options+=' --ratio --counts --set --seed'
        case $previous in
        --ratio|--counts|--set|--seed) wanted=1 ;;
        esac
    esac
    case $command in leak-demo)
        options+=' --method'
        case $previous in
        --method) wanted=1 choices='untreated weights cost-weights random-over smote smotenc smoten borderline-smote svm-smote kmeans-smote adasyn random-under cluster-centroids instance-hardness near-miss condensed enn repeated-enn all-knn neighbourhood-cleaning one-sided-selection tomek-links smote-enn smote-tomek balanced-random-forest easy-ensemble rus-boost balanced-bagging' ;;
        esac
    esac
    case $command in plugins)
        arguments='check' places=''
    esac
    case $command in config)
        options+=' --defaults'
        arguments='show validate path' places=''
    esac
    case $command in completion)
        arguments='bash zsh fish' places=''
    esac
    case $command in '')
        options+=' --target --positive --store --version'
        arguments='sample:stroke sample:moons sample:blobs sample:ecoli sample:hypothyroid' places='files runs'
        case $previous in
        --target) wanted=1 sources='columns' ;;
        --positive) wanted=1 ;;
        --store) wanted=1 sources='files' ;;
        esac
    esac
    if [[ ! $wanted ]]; then
        if [[ $value == -* ]]; then
            choices=$options
        else
            choices=$arguments sources=$places
            [[ $last == 1 ]] && choices+=" $names"
        fi
    fi
    if [[ $sources == *files* ]]; then
        plain=1
        compopt -o filenames 2>/dev/null
        _imbtui_offer < <(compgen -f -- "$value")
    fi
    _imbtui_offer <<<"${choices// /$'\n'}"
    for word in runs columns; do
        [[ $sources == *$word* ]] &&
            _imbtui_offer < <(imbtui _complete $word "${words[@]}" 2>/dev/null)
    done
}

complete -F _imbtui imbtui
