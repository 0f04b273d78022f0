# bash completion for foxapi-clips, foxapi-generate, foxapi-models and foxapi-tasks
# SPDX-License-Identifier: LGPL-2.1-or-later

_foxapi_generate ()
{
  local cur prev words cword split
  _init_completion -s -n : || return
  local value
  value=$(LC_ALL=C foxapi-generate --help 2> /dev/null |
    sed -n "s/^ *\(-., \)\?$prev=\([^ ]*\) .*/\2/p")

  case "$value" in
    '') ;;
    FILE*)
      _filedir
      return
      ;;
    DIRECTORY)
      _filedir -d
      return
      ;;
    MODEL)
      mapfile -t COMPREPLY < <(compgen -W "$(foxapi-models --offline \
        2> /dev/null)" -- "$cur")
      return
      ;;
    WORD)
      # The error names the words.
      mapfile -t COMPREPLY < <(compgen -W "$(LC_ALL=C foxapi-generate -n \
        "$prev=?" 2>&1 | grep -o '[^ ]*|[^ .]*' | tr '|' ' ')" -- "$cur")
      __ltrim_colon_completions "$cur"
      return
      ;;
    *) return ;;
  esac
  case "$prev" in
    -o)
      _filedir
      return
      ;;
  esac
  $split && return
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(foxapi-generate --help \
      2> /dev/null | grep -o -E '^ +(-., )?--[a-z-]+=?' |
      sed 's/^ *\(-., \)\?//')" -- "$cur")
    [[ ${COMPREPLY-} == *= ]] && compopt -o nospace
  fi
}
complete -F _foxapi_generate foxapi-generate
complete -W "--force --json --help --output --version fetch status forget" -o default \
  foxapi-tasks

_foxapi_models ()
{
  local cur prev words cword
  _init_completion || return
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "--json --offline --version --help" \
      -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "$(foxapi-models --offline \
      2> /dev/null)" -- "$cur")
  fi
}
complete -F _foxapi_models foxapi-models

complete -W "--directory --json --help --version play copy pin unpin forget check
  export import" -o default foxapi-clips
