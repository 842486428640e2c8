#include "sampler/core_command.h"

#include <sys/auxv.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace spyhop {
namespace {

// From the random bytes down to the vector lie the platform's name and padding.
constexpr uint64_t kSearched = 4096;
constexpr uint64_t kWord = sizeof(uint64_t);
constexpr int kMostWords = 10'000;  // of the arguments and the environment
constexpr size_t kMostBytes = 2 << 20;

// Where the auxiliary vector lies: the same bytes as in the core's note.
std::optional<RemoteAddress> FindVector(const CoreFile& core, RemoteMemory& memory) {
  const uint64_t below = core.Auxiliary(AT_RANDOM);
  const auto vector = core.auxiliary();
  const CoreSegment* stack = core.SegmentAt(RemoteAddress(below));
  if (stack == nullptr || vector.size() < 2) return std::nullopt;
  const uint64_t wanted[] = {vector[0].first, vector[0].second, vector[1].first, vector[1].second};
  const uint64_t above_begin = below - stack->range.begin().value();
  const RemoteAddress begin =
      RemoteAddress(below - std::min(kSearched, above_begin)).AlignedDown(2 * kWord);
  char bytes[kSearched];
  const size_t size = memory.ReadSome(begin, bytes, sizeof(bytes));
  for (size_t at = 0; at + sizeof(wanted) <= size; at += kWord) {
    if (std::memcmp(bytes + at, wanted, sizeof(wanted)) == 0) return begin.Plus(at);
  }
  return std::nullopt;
}

// Below it: argc, the arguments, a null, the environment, a null. Upwards no length is told, so
// it is read downwards; what is argc is as large as the number of words above it.
std::vector<RemoteAddress> FindArguments(RemoteAddress vector, RemoteMemory& memory) {
  std::vector<RemoteAddress> words;  // last first
  int nulls = 0;
  for (int i = 1; i <= kMostWords; ++i) {
    const auto word =
        memory.Read<uint64_t>(RemoteAddress(vector.value() - static_cast<uint64_t>(i) * kWord));
    if (!word) return {};
    if (*word == 0 && ++nulls > 2) return {};
    if (nulls < 2 || *word == 0) continue;
    if (*word == words.size()) return {words.rbegin(), words.rend()};
    words.emplace_back(*word);
  }
  return {};
}

}  // namespace

std::vector<std::string> ReadCommandLine(const CoreFile& core, RemoteMemory& memory) {
  const std::optional<RemoteAddress> vector = FindVector(core, memory);
  if (!vector) return {};
  std::vector<std::string> command;
  size_t left = kMostBytes;
  for (const RemoteAddress word : FindArguments(*vector, memory)) {
    std::optional<std::string> text = memory.ReadCString(word, left);
    if (!text) return {};
    left -= text->size();
    command.push_back(*std::move(text));
  }
  return command;
}

}  // namespace spyhop
