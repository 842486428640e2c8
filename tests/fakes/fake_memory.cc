#include "tests/fakes/fake_memory.h"

#include <algorithm>
#include <utility>

namespace spyhop {

void FakeMemory::SetBytes(RemoteAddress address, absl::Span<const uint8_t> bytes) {
  uint64_t at = address.value();
  while (!bytes.empty()) {
    Page& page = pages_[at / kPageSize];
    const size_t offset = at % kPageSize;
    const size_t count = std::min(bytes.size(), kPageSize - offset);
    std::copy_n(bytes.begin(), count, page.bytes.begin() + offset);
    std::fill_n(page.present.begin() + offset, count, true);
    bytes.remove_prefix(count);
    at += count;
  }
}

void FakeMemory::SetText(RemoteAddress address, std::string_view text) {
  SetBytes(address, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

void FakeMemory::Fill(RemoteAddress address, size_t size, uint8_t byte) {
  SetBytes(address, std::vector<uint8_t>(size, byte));
}

void FakeMemory::Unmap(AddressRange range) {
  const uint64_t last = (range.end().value() + kPageSize - 1) / kPageSize;
  pages_.erase(pages_.lower_bound(range.begin().value() / kPageSize), pages_.lower_bound(last));
}

void FakeMemory::ShortenRead(size_t n, size_t bytes) { shortened_[requests_ + n] = bytes; }

void FakeMemory::ChangeBeforeRead(size_t n, std::function<void()> change) {
  changes_[requests_ + n] = std::move(change);
}

void FakeMemory::ClearLog() {
  log_.clear();
  batches_ = 0;
}

size_t FakeMemory::Copy(RemoteAddress address, uint8_t* destination, size_t size) const {
  size_t done = 0;
  while (done < size) {
    const uint64_t at = address.value() + done;
    const auto found = pages_.find(at / kPageSize);
    if (found == pages_.end()) break;
    const Page& page = found->second;
    const size_t offset = at % kPageSize;
    const size_t wanted = std::min(size - done, kPageSize - offset);
    const auto first = page.present.begin() + offset;
    const size_t count = std::find(first, first + wanted, false) - first;
    std::copy_n(page.bytes.begin() + offset, count, destination + done);
    done += count;
    if (count < wanted) break;
  }
  return done;
}

void FakeMemory::Serve(ReadRequest& request) {
  const size_t number = requests_++;
  if (const auto change = changes_.find(number); change != changes_.end()) change->second();
  const auto shortened = shortened_.find(number);
  const size_t size =
      shortened == shortened_.end() ? request.size : std::min(request.size, shortened->second);
  request.done = Copy(request.address, static_cast<uint8_t*>(request.destination), size);
  log_.push_back({request.address, request.size, request.done, batches_});
}

size_t FakeMemory::ReadBatch(absl::Span<ReadRequest> requests) noexcept {
  size_t complete = 0;
  for (ReadRequest& request : requests) {
    Serve(request);
    complete += request.complete() ? 1 : 0;
  }
  ++batches_;
  return complete;
}

}  // namespace spyhop
