#!/bin/sh
# batch: many prompts, submitted here, collected there
#
#   batch.sh submit PROMPTS TASKS    a line of PROMPTS is a prompt; a line of TASKS
#                                    becomes its task and the prompt
#   batch.sh collect TASKS FOLDER    the videos of these tasks, each once
#
# Both can be interrupted and run again: what is in TASKS is not submitted again,
# what is in FOLDER is not fetched again. Collecting needs the list and the key
# only, so it works on another machine, and on several at once if each gets a
# part of the list.
#
# SPDX-License-Identifier: LGPL-2.1-or-later

set -eu

usage () {
  sed -n '3,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

# The id in a task's JSON
id_of () {
  sed -n 's/.*"id" *: *"\([^"]*\)".*/\1/p' "$1" | head -n 1
}

# A value as gst-launch-1.0 reads it back, whatever is in it
quoted () {
  printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

# Writes down the task whose JSON has come, for the prompt that it was asked for.
# A run that was ended before this is made up for by the next one.
note () {
  if [ -s "$tasks.json" ]; then
    printf '%s\t%s\n' "$(id_of "$tasks.json")" "$(cat "$tasks.prompt")" \
      >> "$tasks"
  fi
  rm -f "$tasks.json"
}

submit () {
  prompts=$1 tasks=$2
  touch "$tasks"
  note
  while IFS= read -r prompt || [ -n "$prompt" ]; do
    [ -n "$prompt" ] || continue
    if cut -f 2- "$tasks" | grep -Fxq -e "$prompt"; then
      continue
    fi
    printf '%s\n' "$prompt" > "$tasks.prompt"
    gst-launch-1.0 -q foxapivideosrc model=wan-2.7-text-to-video \
      prompt="$(quoted "$prompt")" duration=2 output=task \
      ! filesink location="$tasks.json" < /dev/null
    note
  done < "$prompts"
  rm -f "$tasks.prompt"
}

collect () {
  tasks=$1 folder=$2 missing=0
  mkdir -p "$folder"
  while IFS="$(printf '\t')" read -r id prompt; do
    [ ! -e "$folder/$id.mp4" ] || continue
    # The name says that it is complete.
    if gst-launch-1.0 -q foxapivideosrc task-id="$id" \
      ! filesink location="$folder/$id.part" < /dev/null
    then
      mv "$folder/$id.part" "$folder/$id.mp4"
      echo "$folder/$id.mp4  $prompt"
    else
      echo "Not yet: $id  $prompt" >&2
      missing=1
    fi
  done < "$tasks"
  return "$missing"
}

[ $# -eq 3 ] || usage
case "$1" in
  submit) submit "$2" "$3" ;;
  collect) collect "$2" "$3" ;;
  *) usage ;;
esac
