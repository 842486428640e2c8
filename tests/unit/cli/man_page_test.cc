#include "cli/man_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(ManPage, IsMadeOfTheCommandsHelp) {
  const std::string page = ManPageOf("attach");
  EXPECT_THAT(page, StartsWith(".TH SPYHOP\\-ATTACH 1 \""));
  EXPECT_THAT(page, HasSubstr("\n.TP\n\\fB\\-p\\fR, \\fB\\-\\-pid\\fR \\fIPID\\fR\n"));
  EXPECT_THAT(page, HasSubstr("\nspyhop attach \\-\\-pid 1234 "));
  EXPECT_THAT(page, HasSubstr("\n.SH EXIT STATUS\n.TP\n\\fB0\\fR\ndone\n"));
  EXPECT_EQ(ManPageOf("no-such-command"), "");
}

TEST(ManPage, HasNoTextThatRoffWouldTakeForARequest) {
  for (const std::string& page : {ManPage(), ManPageOf("attach"), ManPageOf("run")}) {
    for (size_t at = page.find("\n."); at != page.npos; at = page.find("\n.", at + 1)) {
      EXPECT_THAT(page.substr(at + 2, 2), testing::AnyOf("TH", "SH", "TP", "PP", "nf", "fi", "sp"));
    }
    EXPECT_EQ(page.find("\n'"), page.npos);
  }
}

TEST(ManPage, NamesEachFormatByItsFiles) {
  EXPECT_THAT(ManPageOf("run"), HasSubstr("\\fINAME\\fR\\fB.speedscope.json\\fR\n"));
  EXPECT_THAT(ManPageOf("list"), Not(HasSubstr(".SH FILES")));
}

}  // namespace
}  // namespace spyhop
