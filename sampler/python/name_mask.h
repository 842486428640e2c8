// Which names stand for secrets, whose values are not to be read at all: `*password*`, `*token*`.
#ifndef SPYHOP_SAMPLER_PYTHON_NAME_MASK_H_
#define SPYHOP_SAMPLER_PYTHON_NAME_MASK_H_

#include <string>
#include <utility>
#include <vector>

namespace spyhop {

inline constexpr char kMasked[] = "<masked>";

class NameMask {
 public:
  // Patterns of glob(7), in which case does not count.
  explicit NameMask(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  static const std::vector<std::string>& UsualSecrets();

  bool Covers(const std::string& name) const;

 private:
  std::vector<std::string> patterns_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_NAME_MASK_H_
