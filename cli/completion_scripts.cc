#include "cli/completion_scripts.h"

namespace spyhop {
namespace {

// COMP_WORDS holds "=" as a word of its own, and words as they were typed: with "~".
constexpr std::string_view kBash = R"script(# bash completion for spyhop, by: spyhop completion bash
_spyhop() {
  local line names=none current=$2
  [[ ${COMP_WORDS[COMP_CWORD]} != = ]] || current=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) names=${line#:} ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${1/#\~\//$HOME/}" completion candidates -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $names in
    files) set -- -f ;;
    recordings) set -- -f -X '!*.spyhop' -o plusdirs ;;
    programs) set -- -c -o plusdirs ;;
    *) return ;;
  esac
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(compgen "$@" -- "$current")
}
complete -F _spyhop spyhop
)script";

constexpr std::string_view kZsh = R"script(#compdef spyhop
# zsh completion for spyhop, by: spyhop completion zsh
_spyhop() {
  local line word text names=none
  local -a described
  for line in "${(@f)$(_call_program spyhop ${words[1]} completion candidates -- \
      "${(@q)${(@Q)words[2,CURRENT-1]}}" "${(q)PREFIX}" 2>/dev/null)}"; do
    case $line in
      :*) names=${line#:} ;;
      ?*)
        word=${line%%$'\t'*} text=${line#*$'\t'}
        described+=("${word//:/\\:}${text:+:$text}") ;;
    esac
  done
  (( $#described )) && _describe -t values 'spyhop' described
  case $names in
    files) compset -P '--*='; _files ;;
    recordings) _files -g '*.spyhop' ;;
    programs) _command_names -e ;;
  esac
}
if [[ ${funcstack[1]} == _spyhop ]]; then
  _spyhop "$@"
else
  compdef _spyhop spyhop
fi
)script";

constexpr std::string_view kFish = R"script(# fish completion for spyhop, by: spyhop completion fish
function __spyhop_candidates
    set -l typed (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l names none
    for line in ($typed[1] completion candidates -- $typed[2..] "$current" 2>/dev/null)
        if string match --quiet ':*' -- $line
            set names $line
        else
            echo $line
        end
    end
    set -l option (string match --regex -- '^--[^=]*=' "$current")
    switch $names
        case :files
            printf "$option%s\n" (__fish_complete_path (string replace -- "$option" '' "$current"))
        case :recordings
            __fish_complete_suffix .spyhop
        case :programs
            complete --do-complete "$current"
    end
end
complete --command spyhop --no-files --arguments '(__spyhop_candidates)'
)script";

}  // namespace

std::string_view CompletionScript(std::string_view shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return "";
}

}  // namespace spyhop
