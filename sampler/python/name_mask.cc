#include "sampler/python/name_mask.h"

#include <fnmatch.h>

#include <algorithm>

namespace spyhop {

const std::vector<std::string>& NameMask::UsualSecrets() {
  static const auto* const kPatterns = new std::vector<std::string>{
      "*password*", "*passwd*",      "*passphrase*", "*secret*",     "*token*",
      "*api_key*",  "*api-key*",     "*apikey*",     "*credential*", "*authorization*",
      "*cookie*",   "*private_key*", "*access_key*",
  };
  return *kPatterns;
}

bool NameMask::Covers(const std::string& name) const {
  return std::any_of(patterns_.begin(), patterns_.end(), [&name](const std::string& pattern) {
    return fnmatch(pattern.c_str(), name.c_str(), FNM_CASEFOLD) == 0;
  });
}

}  // namespace spyhop
