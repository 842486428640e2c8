// A target's memory made by a test: sparse bytes, with everything that goes wrong in a live one.
//
// Bytes that were never set cannot be read, so a read that strays fails as it would in a process.
// Reads can be made short or to fail by their number, and all of them are logged, so that a test
// can hold code to the reads it may make. Not thread-safe.
#ifndef SPYHOP_TESTS_FAKES_FAKE_MEMORY_H_
#define SPYHOP_TESTS_FAKES_FAKE_MEMORY_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/types/span.h"
#include "base/address.h"
#include "base/remote_memory.h"

namespace spyhop {

class FakeMemory : public RemoteMemory {
 public:
  static constexpr uint64_t kPageSize = 4096;

  struct LoggedRead {
    RemoteAddress address;
    size_t size = 0;
    size_t done = 0;
    size_t batch = 0;  // which call of ReadBatch, from 0
  };

  // Setting up.
  void SetBytes(RemoteAddress address, absl::Span<const uint8_t> bytes);
  void SetText(RemoteAddress address, std::string_view text);  // without a NUL
  template <typename T>
  void Set(RemoteAddress address, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    SetBytes(address, {reinterpret_cast<const uint8_t*>(&value), sizeof(value)});
  }
  void Fill(RemoteAddress address, size_t size, uint8_t byte = 0);
  // As if the pages that `range` touches were unmapped.
  void Unmap(AddressRange range);

  // Makes the n-th request from now on (0 = the next) copy at most `bytes`; 0: it fails.
  void ShortenRead(size_t n, size_t bytes = 0);
  // Calls `change` before the n-th request from now on is served: the target runs on meanwhile.
  void ChangeBeforeRead(size_t n, std::function<void()> change);

  // What was read.
  const std::vector<LoggedRead>& log() const { return log_; }
  size_t batches() const { return batches_; }
  void ClearLog();

  size_t ReadBatch(absl::Span<ReadRequest> requests) noexcept override;

 private:
  struct Page {
    std::array<uint8_t, kPageSize> bytes{};
    std::array<bool, kPageSize> present{};
  };

  size_t Copy(RemoteAddress address, uint8_t* destination, size_t size) const;
  void Serve(ReadRequest& request);

  std::map<uint64_t, Page> pages_;  // by address / kPageSize
  std::map<size_t, size_t> shortened_;
  std::map<size_t, std::function<void()>> changes_;
  std::vector<LoggedRead> log_;
  size_t requests_ = 0;
  size_t batches_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_FAKES_FAKE_MEMORY_H_
