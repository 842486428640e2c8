#include "sampler/otel_context.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace spyhop {
namespace {

constexpr std::string_view kNames[] = {"[anon:OTEL_CTX]", "[anon_shmem:OTEL_CTX]",
                                       "/memfd:OTEL_CTX"};
constexpr std::string_view kSignature = "OTEL_CTX";
constexpr uint32_t kVersion = 2;
constexpr uint32_t kLargestPayload = 65536;
constexpr size_t kLongestName = 4096;
constexpr int kTries = 3;

// OTEP 4719, "The Header Structure".
struct Header {
  char signature[8];
  uint32_t version;
  uint32_t payload_size;
  uint64_t published_at;  // 0: it is being written
  uint64_t payload;       // its address

  bool MakesSense() const {
    return std::string_view(signature, sizeof(signature)) == kSignature && version == kVersion &&
           payload_size > 0 && payload_size <= kLargestPayload;
  }
};
static_assert(sizeof(Header) == 32);

// The fields of a protobuf message, one after the other.
class Fields {
 public:
  explicit Fields(std::string_view message) : rest_(message) {}

  // False at the end, and where it makes no sense.
  bool Next() {
    const std::optional<uint64_t> tag = Varint();
    if (!tag) return false;
    number = *tag >> 3;
    bytes = {};
    switch (*tag & 7) {
      case 0:
        return Varint().has_value();
      case 1:
        return Take(sizeof(uint64_t)).has_value();
      case 2:
        return TakeBytes();
      case 5:
        return Take(sizeof(uint32_t)).has_value();
      default:
        return false;
    }
  }

  uint64_t number = 0;
  std::string_view bytes;  // of a string or a message, else empty

 private:
  std::optional<uint64_t> Varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }

  std::optional<std::string_view> Take(uint64_t size) {
    if (size > rest_.size()) return std::nullopt;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  bool TakeBytes() {
    const std::optional<uint64_t> size = Varint();
    const std::optional<std::string_view> taken = size ? Take(*size) : std::nullopt;
    bytes = taken.value_or(std::string_view());
    return taken.has_value();
  }

  std::string_view rest_;
};

// KeyValue{1 key, 2 AnyValue{1 string}}.
std::optional<std::string> ServiceIn(std::string_view key_value) {
  std::string_view key, value;
  for (Fields field(key_value); field.Next();) {
    if (field.number == 1) key = field.bytes;
    if (field.number == 2) value = field.bytes;
  }
  if (key != "service.name") return std::nullopt;
  for (Fields field(value); field.Next();) {
    if (field.number == 1) return std::string(field.bytes.substr(0, kLongestName));
  }
  return std::nullopt;
}

std::optional<std::string> ServiceAmong(std::string_view message, uint64_t attributes) {
  for (Fields field(message); field.Next();) {
    if (field.number != attributes) continue;
    if (std::optional<std::string> name = ServiceIn(field.bytes)) return name;
  }
  return std::nullopt;
}

RemoteAddress FindContext(const MemoryMap& map) {
  for (const Mapping& mapping : map.mappings()) {
    const bool named =
        std::find(std::begin(kNames), std::end(kNames), mapping.path) != std::end(kNames);
    if (named && !mapping.executable) return mapping.range.begin();
  }
  return RemoteAddress();
}

// As a reader of a sequence lock: the payload is good if the time of its publication is the same
// before and after.
std::optional<std::string> ReadPayload(RemoteAddress context, RemoteMemory& memory) {
  const std::optional<Header> header = memory.Read<Header>(context);
  if (!header || !header->MakesSense() || header->published_at == 0) return std::nullopt;
  std::string payload(header->payload_size, '\0');
  uint64_t published_after = 0;
  ReadRequest requests[] = {
      {RemoteAddress(header->payload), payload.data(), payload.size(), 0},
      {context.Plus(offsetof(Header, published_at)), &published_after, sizeof(published_after), 0}};
  if (memory.ReadBatch(absl::MakeSpan(requests)) != std::size(requests)) return std::nullopt;
  if (published_after != header->published_at) return std::nullopt;
  return payload;
}

}  // namespace

// ProcessContext{1 Resource{1 attributes}, 2 attributes}.
std::optional<std::string> ParseOtelService(std::string_view payload) {
  for (Fields field(payload); field.Next();) {
    if (field.number != 1) continue;
    if (std::optional<std::string> name = ServiceAmong(field.bytes, 1)) return name;
  }
  return ServiceAmong(payload, 2);
}

std::optional<std::string> ReadOtelService(const MemoryMap& map, RemoteMemory& memory) {
  const RemoteAddress context = FindContext(map);
  for (int i = 0; context && i < kTries; ++i) {
    if (const std::optional<std::string> payload = ReadPayload(context, memory)) {
      return ParseOtelService(*payload);
    }
  }
  return std::nullopt;
}

}  // namespace spyhop
