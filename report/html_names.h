// The strings, frames and threads that the HTML report's data refers to, numbered in the order in
// which they were first asked for.
//
// Strings are escaped for display, and cut, so that the page shows nothing that was not meant. Ids
// are those of one profile, which must outlive this.
#ifndef SPYHOP_REPORT_HTML_NAMES_H_
#define SPYHOP_REPORT_HTML_NAMES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "report/filter.h"
#include "report/json_writer.h"
#include "sampler/profile/profile.h"

namespace spyhop {

// Escaped, and cut after 1,000 bytes.
std::string HtmlText(std::string_view name);

class HtmlNames {
 public:
  static constexpr uint32_t kOtherKind = 4;  // after the FrameKinds

  // The threads that `filter` keeps have numbers; others must not be asked for.
  HtmlNames(const Profile& profile, const Filter& filter);

  uint32_t String(StringId id);
  uint32_t String(std::string_view text);
  uint32_t FrameOf(FrameId id);
  uint32_t OtherFrame();  // stands for nodes that were merged
  uint32_t Thread(ThreadIndex thread) const { return threads_[static_cast<size_t>(thread)]; }

  // The fields "frames" and "strings": to be written when all others are.
  void Write(JsonWriter& json) const;

 private:
  struct Row {
    uint32_t name = 0;
    uint32_t file = 0;
    int32_t line = 0;
    uint32_t kind = 0;
  };

  const Profile& profile_;
  std::vector<std::string> strings_;
  absl::flat_hash_map<std::string, uint32_t> by_text_;
  absl::flat_hash_map<StringId, uint32_t> by_id_;
  std::vector<Row> frames_;
  absl::flat_hash_map<FrameId, uint32_t> by_frame_;
  std::vector<uint32_t> threads_;
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_HTML_NAMES_H_
