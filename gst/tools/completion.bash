# bash completion for foxapi-generate and foxapi-tasks
# SPDX-License-Identifier: LGPL-2.1-or-later

_foxapi_generate ()
{
  local cur prev words cword split
  _init_completion -s -n : || return
  local values
  values=$(foxapi-generate --help 2> /dev/null |
    sed -n "s/^ *\(-., \)\?$prev=\([^ ]*\) .*/\2/p")

  case "$values" in
    '') ;;
    FILE*)
      _filedir
      return
      ;;
    *'|'*)
      mapfile -t COMPREPLY < <(compgen -W "${values//|/ }" -- "$cur")
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
complete -W "--json --help forget" -o default foxapi-tasks
