# SPDX-License-Identifier: Apache-2.0
#
# Completion of `millrace` for bash. A test holds the words here to those that --help names.

_millrace() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]}
    COMPREPLY=()

    if [[ $COMP_CWORD -eq 1 ]]; then
        mapfile -t COMPREPLY < <(compgen -W \
            "inspect compile explore simulate verify report synth run boards --help --version -h" -- "$current")
        return
    fi

    local device="--backend --part --clock"
    local target="$device --fps --cycles --latency --fastest --plan --folding --effort"
    local compiler="--input-type --dump-ir --verbose -v"
    local passes="declare_inputs remove_dead lower_to_integer prove_functions plan lower_to_dataflow"
    local boards="kv260 pynq-z1 pynq-z2 u200 u250 u280 u50 u55c ultra96 zcu102 zcu104 zcu111"
    local options="--help -h --json"
    case $command in
    inspect) options+=" $compiler" ;;
    compile) options+=" $target $compiler --output -o --stop-after --board --compute-units" ;;
    explore) options+=" $device $compiler --board --compute-units --effort --points --jobs --svg" ;;
    simulate) options+=" $compiler --input --engine --output --labels --jobs" ;;
    verify)
        options+=" $target $compiler --input --expect --engines --samples --seed --jobs"
        ;;
    report) options+=" --output -o" ;;
    synth) options+=" --family --jobs --whole" ;;
    run)
        options+=" --input --device --xclbin --output --labels --batch --streams --repeat"
        options+=" --timeout --version"
        ;;
    boards) ;;
    *) return ;;
    esac

    case $previous in
    --board)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -W "$boards" -- "$current" && compgen -f -- "$current")
        return
        ;;
    --backend) mapfile -t COMPREPLY < <(compgen -W "vitis rtl" -- "$current") && return ;;
    --device) mapfile -t COMPREPLY < <(compgen -W "csim rtlsim sim xrt xrt-emu" -- "$current") && return ;;
    --engine) mapfile -t COMPREPLY < <(compgen -W "reference csim rtlsim" -- "$current") && return ;;
    --engines) mapfile -t COMPREPLY < <(compgen -W "csim rtlsim" -- "$current") && return ;;
    --family) mapfile -t COMPREPLY < <(compgen -W "xc7 xcup" -- "$current") && return ;;
    --stop-after) mapfile -t COMPREPLY < <(compgen -W "$passes" -- "$current") && return ;;
    --clock | --fps | --cycles | --latency | --effort | --points | --samples | --seed | --jobs | --part | --input-type) return ;;
    --compute-units | --batch | --streams | --repeat | --timeout) return ;;
    esac

    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}

complete -F _millrace millrace
