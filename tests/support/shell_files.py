"""What shells know of the commands, made from their declarations.

``python -m tests.support.shell_files`` writes the completions of tui/cli/shell anew.
An option that several commands have in the same words is written once, with their
names.
"""

import re
from typing import NamedTuple

from engine.core.methods.registry import CONTROLS, ENSEMBLES, SAMPLERS
from engine.core.models import MODELS
from engine.core.points import KINDS
from engine.io.catalogue import SAMPLES
from tests.support.paths import ROOT
from tui.cli import every_command, parser

FOLDER = ROOT / "tui" / "cli" / "shell"
METHODS = tuple(one.name for one in (*CONTROLS, *SAMPLERS, *ENSEMBLES))
TABLES = tuple(f"sample:{name}" for name in SAMPLES)
WORDS = {
    "ARM": METHODS,
    "METHOD": METHODS,
    "MODEL": tuple(one.name for one in MODELS),
    "POINT": tuple(KINDS),
    "SAMPLE": tuple(SAMPLES),
    "DATA": TABLES,
    "all": ("all",),
}
"""What may be given for a name; others may, too."""
SOURCES = {
    "COL": "columns",
    "COLUMN": "columns",
    "RUN": "runs",
    **dict.fromkeys(
        ("BUNDLE", "DATA", "DIR", "EXPERIMENT.toml", "FILE", "LIST", "OUT", "PATH"),
        "files",
    ),
}
"""Where what may be given for a name is looked up when it is wanted."""


class Entry(NamedTuple):
    """An option or an argument as a shell knows it.

    Its values are `words`, and what `sources` have; several are separated by one of
    `marks`. An argument has no `names`. Without a value that it `needs`, an option
    may stand before the next one.
    """

    names: tuple[str, ...]
    help: str
    metavar: str
    words: tuple[str, ...]
    sources: tuple[str, ...]
    marks: str
    again: bool
    needs: bool


def entry(option):
    """Return what a shell knows of an option."""
    *names, metavar = option.name.split()
    if metavar.startswith("-"):
        names, metavar = [*names, metavar], ""
    named = names[0].startswith("-")
    first, *more = re.split(r"[|=]", metavar.replace(",…", ""))
    kinds = [first] if "=" in metavar else [first, *more]
    given = () if "=" in metavar else option.choices or option.words
    words = (*given, *(word for kind in kinds for word in WORDS.get(kind, ())))
    marks = ",+" if kinds[0] == "METHOD" else ","
    return Entry(
        tuple(name.rstrip(",") for name in names) if named else (),
        option.help.replace("%%", "%"),
        metavar,
        tuple(dict.fromkeys(words)),
        tuple(dict.fromkeys(SOURCES[kind] for kind in kinds if kind in SOURCES)),
        marks if ",…" in metavar else "",
        option.repeat or names[0][-1] in "*+",
        option.const is None and bool(metavar or option.choices),
    )


def commands():
    """Return the entries of each command by its name; that of the app is empty."""
    options = {one.name: one.options for one in every_command()} | {
        "": (*parser.APP, parser.VERSION)
    }
    return {
        name: [
            entry(o)
            for o in (*some, *parser.EVERYWHERE, parser.HELP)
            if not isinstance(o, str)
        ]
        for name, some in options.items()
    }


def shared():
    """Return the entries that the same commands have, by the names of these."""
    owners, found = {}, {}
    for name, entries in commands().items():
        for one in entries:
            owners.setdefault(one, []).append(name)
    for one, names in owners.items():
        found.setdefault(tuple(names), []).append(one)
    return found


def by(entries, key):
    """Return entries that have the same of something, by that."""
    found = {}
    for one in entries:
        found.setdefault(key(one), []).append(one)
    return found


NAMES = tuple(one.name for one in every_command())
FIRST = "Generated from the declarations of the commands."

# bash ---------------------------------------------------------------------------------

BASH = r"""# bash completion for imbtui. @first@

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
    local options= choices= sources= arguments= places= marks= names='@names@'
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

@cases@
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
"""


def bash():
    """Return the completion for bash, of version 3.2 or later."""
    cases = [_bash_case(names, entries) for names, entries in shared().items()]
    return (
        BASH.replace("@first@", FIRST)
        .replace("@names@", " ".join(NAMES))
        .replace("@cases@\n", "".join(cases))
    )


def _bash_case(names, entries):
    options = [name for one in entries for name in one.names]
    lines = [f"options+=' {' '.join(options)}'"] if options else []
    lines += [
        f"arguments='{' '.join(one.words)}' places='{' '.join(one.sources)}'"
        for one in entries
        if not one.names and (one.words or one.sources)
    ]
    cases = []
    valued = [one for one in entries if one.names and one.needs]
    for (words, sources, marks), some in by(valued, lambda e: e[3:6]).items():
        given = {
            "choices": " ".join(words),
            "sources": " ".join(sources),
            "marks": marks,
        }
        sets = " ".join(f"{k}='{v}'" for k, v in given.items() if v)
        pattern = "|".join(name for one in some for name in one.names)
        cases.append(f"{pattern}) wanted=1 {sets}".rstrip() + " ;;")
    if cases:
        lines += ["case $previous in", *cases, "esac"]
    if not lines:
        return ""
    body = "".join(f"        {line}\n" for line in lines)
    return f"    case $command in {_pattern(names)})\n{body}    esac\n"


def _pattern(names):
    return "|".join(name or "''" for name in names)


# zsh ----------------------------------------------------------------------------------

ZSH = r"""#compdef imbtui
# zsh completion for imbtui. @first@

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
    _alternative 'samples:sample:(@tables@)' 'files:file:_files'
}

_imbtui() {
    local -a commands specs typed=("${(@Q)words[2,CURRENT-1]}")
    local command= curcontext=$curcontext
    commands=(
@commands@
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

@cases@
    _arguments -S $specs
}

_imbtui "$@"
"""


def zsh():
    """Return the completion for zsh."""
    summaries = [
        f"        {_zsh_word(f'{o.name}:{_line(o.summary)}')}" for o in every_command()
    ]
    cases = [_zsh_case(names, entries) for names, entries in shared().items()]
    return (
        ZSH.replace("@first@", FIRST)
        .replace("@tables@", " ".join(TABLES).replace(":", r"\:"))
        .replace("@commands@", "\n".join(summaries))
        .replace("@cases@\n", "".join(cases))
    )


def _zsh_case(names, entries):
    specs = "".join(f"        {spec}\n" for one in entries for spec in _zsh_specs(one))
    return f"    [[ $command == ({_pattern(names)}) ]] && specs+=(\n{specs}    )\n"


def _zsh_specs(one):
    action = f":{_escaped(one.metavar or 'VALUE')}:{_zsh_action(one)}"
    if not one.names:
        return [_zsh_word(f"{'*' if one.again else ''}{action}")]
    value = action if one.needs else ""
    told = f"[{_escaped(_line(one.help))}]{value}"
    before = "*" if one.again else f"({' '.join(one.names)})"
    return [_zsh_word(f"{before}{name}{told}") for name in one.names]


def _zsh_action(one):
    if "files" in one.sources:
        return "_imbtui_tables" if one.words else "_files"
    if one.sources:
        action = f"_imbtui_{one.sources[0]}"
        return f"_sequence -s , {action}" if one.marks else action
    words = " ".join(word.replace(":", r"\:") for word in one.words)
    if not words:
        return " "
    return f"_sequence -s , compadd - {words}" if one.marks else f"({words})"


def _escaped(text):
    return re.sub(r"([\\:\[\]])", r"\\\1", text)


def _zsh_word(text):
    return "'{}'".format(text.replace("'", r"'\''"))


def _line(text):
    return text.removesuffix(".")


# fish ---------------------------------------------------------------------------------

FISH = r"""# fish completion for imbtui. @first@

function __imbtui_for -d 'Tell whether one of the commands is typed'
    set -l words (commandline -opc)
    set -l command $words[2]
    contains -- "$command" @names@; or set command app
    contains -- $command $argv
end

function __imbtui_first -d 'Tell whether nothing is typed yet'
    test (count (commandline -opc)) = 1
end

function __imbtui_ask -d 'Runs or columns, of the command as typed'
    imbtui _complete $argv (commandline -opc)[2..-1] 2>/dev/null
end

function __imbtui_list -d 'Values behind those that are there'
    set -l ahead (string replace -r '^--[^=]*=' '' -- (commandline -ct))
    set ahead (string replace -r '[^,]*$' '' -- $ahead)
    string match -v '*,*' -- $argv | string replace -r '^' -- "$ahead"
end

complete -c imbtui -f
@lines@
"""


def fish():
    """Return the completion for fish, of version 3.0 or later."""
    lines = [
        f"complete -c imbtui -n __imbtui_first -a {o.name} -d {_fish(_line(o.summary))}"
        for o in every_command()
    ]
    for names, entries in shared().items():
        having = " ".join(name or "app" for name in names)
        where = f"complete -c imbtui -n '__imbtui_for {having}'"
        lines += [
            f"{where} {_fish_line(one)}"
            for one in entries
            if one.names or _fish_values(one)
        ]
    text = FISH.replace("@first@", FIRST).replace("@names@", " ".join(NAMES))
    return text.replace("@lines@", "\n".join(lines))


def _fish_line(one):
    files = "-F" if "files" in one.sources else ""
    values = f"-a {_fish(_fish_values(one))}" if _fish_values(one) else ""
    if not one.names:
        return " ".join(filter(None, [files, values]))
    names = " ".join(
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
        for name in one.names
    )
    needs = ("-r" if files else "-x") if one.needs else ""
    return " ".join(
        filter(
            None,
            [
                names,
                needs,
                files,
                values if needs else "",
                "-d",
                _fish(_line(one.help)),
            ],
        )
    )


def _fish_values(one):
    asked = [f"(__imbtui_ask {source})" for source in one.sources if source != "files"]
    found = " ".join([*one.words, *asked])
    return f"(__imbtui_list {found})" if one.marks and found else found


def _fish(text):
    return "'{}'".format(re.sub(r"(['\\])", r"\\\1", text))


# --------------------------------------------------------------------------------------


def files():
    """Return the text of each file by its path."""
    return {
        FOLDER / "imbtui.bash": bash(),
        FOLDER / "imbtui.zsh": zsh(),
        FOLDER / "imbtui.fish": fish(),
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, "utf-8")
