# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of prunescope and prunescope-cli for bash. Options come from the programs' own --help, so they are never out of date.

_prunescope_values() {
    case $1 in
        --method) echo none script gsp qcsp relevance random grid ;;
        --fusion) echo walk restrict append none ;;
        --overlay) echo retained relevance gsp local order none survival survival-tau word questions ;;
        --colour-map) echo viridis cividis magma turbo ;;
        --theme) echo system light dark ;;
        --device) echo auto cpu cuda ;;
        --dtype) echo auto float32 bfloat16 float16 ;;
        --resize) echo pil13 pil12 torch16 ;;
        --llama-prefix) echo file first always never ;;
        --relevance-space) echo auto clip llm ;;
        --partition) echo parity checkerboard random ;;
        --qcsp) echo dpp topk ;;
        --scope) echo image tile ;;
        --positions) echo auto compact original ;;
        --errors) echo text json ;;
        --picture) echo embed path ;;
    esac
}

_prunescope_options() {
    "$@" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]+' | sort -u
}

_prunescope_complete() {
    local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} values
    COMPREPLY=()
    values=$(_prunescope_values "$previous")
    if [ -n "$values" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
        return
    fi
    case $previous in
        --image | --model | --features | --screenshot | --out | --data | --frames) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    esac
    if [[ $program == *-cli && $COMP_CWORD -eq 1 ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$program" --help 2>/dev/null | awk '/^  [a-z]/ { print $1 }') --help --version" -- "$current")
    elif [[ $program == *-cli && ${COMP_WORDS[1]} == trace && $COMP_CWORD -eq 2 ]]; then
        mapfile -t COMPREPLY < <(compgen -W "save open diff" -- "$current")
    elif [[ $current == -* ]]; then
        if [[ $program == *-cli && ${COMP_WORDS[1]} == trace ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$(_prunescope_options "$program" trace "${COMP_WORDS[2]}")" -- "$current")
        elif [[ $program == *-cli ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$(_prunescope_options "$program" "${COMP_WORDS[1]}")" -- "$current")
        else
            mapfile -t COMPREPLY < <(compgen -W "$(_prunescope_options "$program")" -- "$current")
        fi
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}

complete -o filenames -F _prunescope_complete prunescope prunescope-cli
