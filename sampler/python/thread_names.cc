#include "sampler/python/thread_names.h"

#include <optional>
#include <string_view>

#include "sampler/python/object_reader.h"

namespace spyhop {
namespace {

// More have no row of their own in a profile.
constexpr size_t kMaxThreads = 10'000;

// Lib/threading.py: Thread.__name in 2.7 (mangled), Thread._name in 3.x.
std::string_view NameAttribute(const Layout& layout) {
  return layout.features.string_model == StringModel::kPython2 ? "_Thread__name" : "_name";
}

// sys.modules['threading']._active: {thread id: Thread}.
std::optional<RemoteAddress> ActiveThreads(RemoteMemory& memory, const Layout& layout,
                                           RemoteAddress interpreter) {
  ObjectReader reader(memory, layout);
  const auto modules = memory.ReadPointer(layout.interpreter.modules.At(interpreter));
  if (!modules) return std::nullopt;
  const std::optional<RemoteAddress> threading = reader.Item(*modules, "threading");
  if (!threading) return std::nullopt;
  const std::optional<RemoteAddress> dict = reader.ModuleDict(*threading);
  return dict ? reader.Item(*dict, "_active") : std::nullopt;
}

}  // namespace

absl::flat_hash_map<uint64_t, std::string> ReadThreadNames(RemoteMemory& memory,
                                                           const Layout& layout,
                                                           RemoteAddress interpreter) {
  absl::flat_hash_map<uint64_t, std::string> names;
  const std::optional<RemoteAddress> active = ActiveThreads(memory, layout, interpreter);
  if (!active) return names;
  ObjectReader reader(memory, layout);
  reader.ForEachItem(*active, kMaxThreads, [&](RemoteAddress id_object, RemoteAddress thread) {
    const std::optional<int64_t> id = reader.Integer(id_object);
    const auto name_object = reader.Attribute(thread, NameAttribute(layout));
    if (!id || !name_object) return true;
    if (std::optional<std::string> name = reader.String(*name_object)) {
      names.insert_or_assign(static_cast<uint64_t>(*id), *std::move(name));
    }
    return true;
  });
  return names;
}

}  // namespace spyhop
