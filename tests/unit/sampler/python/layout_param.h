// Runs a test over every layout table: use with INSTANTIATE_TEST_SUITE_P(..., EveryLayout(),
// LayoutName).
#ifndef SPYHOP_TESTS_UNIT_SAMPLER_PYTHON_LAYOUT_PARAM_H_
#define SPYHOP_TESTS_UNIT_SAMPLER_PYTHON_LAYOUT_PARAM_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "interp_layouts/registry.h"

namespace spyhop {

inline auto EveryLayout() {
  std::vector<const Layout*> layouts;
  for (const Layout& layout : AllLayouts()) layouts.push_back(&layout);
  return testing::ValuesIn(layouts);
}

inline std::string LayoutName(const testing::TestParamInfo<const Layout*>& info) {
  const Layout& layout = *info.param;
  return absl::StrCat("Python", int{layout.first.major}, "_", int{layout.first.minor}, "_",
                      int{layout.first.micro}, layout.flags.debug ? "_debug" : "",
                      layout.flags.free_threaded ? "_t" : "", layout.flags.ucs2 ? "_ucs2" : "");
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_SAMPLER_PYTHON_LAYOUT_PARAM_H_
