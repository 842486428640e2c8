// "Did you mean": the word of a list that is closest to what was typed.
#ifndef SPYHOP_CLI_SUGGEST_H_
#define SPYHOP_CLI_SUGGEST_H_

#include <string>
#include <string_view>
#include <vector>

namespace spyhop {

// Letters to add, drop, change or swap with a neighbour to get from one word to the other.
size_t EditDistance(std::string_view a, std::string_view b);

// "; did you mean 'WORD'?" when a word is close enough to be meant, else "".
std::string Suggestion(std::string_view typed, const std::vector<std::string>& words);

}  // namespace spyhop

#endif  // SPYHOP_CLI_SUGGEST_H_
