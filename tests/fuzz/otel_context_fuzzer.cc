// Input: what a process may publish as OTEL_CTX: 32 bytes of head, then the payload that it points
// to.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sampler/otel_context.h"

namespace {

constexpr uint64_t kBegin = 0x10000;

// The input, at kBegin.
class InputMemory : public spyhop::RemoteMemory {
 public:
  InputMemory(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  size_t ReadBatch(absl::Span<spyhop::ReadRequest> requests) noexcept override {
    size_t complete = 0;
    for (spyhop::ReadRequest& request : requests) {
      const uint64_t offset = request.address.value() - kBegin;
      request.done = offset < size_ ? std::min<uint64_t>(request.size, size_ - offset) : 0;
      if (request.done > 0) memcpy(request.destination, data_ + offset, request.done);
      complete += request.complete() ? 1 : 0;
    }
    return complete;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const kMap = new spyhop::MemoryMap(
      spyhop::MemoryMap::Parse("00010000-00030000 r--p 00000000 00:00 0    [anon:OTEL_CTX]\n"));
  InputMemory memory(data, size);
  const auto service = spyhop::ReadOtelService(*kMap, memory);
  if (service && service->size() > 4096) __builtin_trap();
  spyhop::ParseOtelService(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
