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

bool ForEachThreadObject(RemoteMemory& memory, const Layout& layout, RemoteAddress interpreter,
                         absl::FunctionRef<void(uint64_t id, RemoteAddress thread)> visit) {
  const std::optional<RemoteAddress> active = ActiveThreads(memory, layout, interpreter);
  if (!active) return false;
  ObjectReader reader(memory, layout);
  return reader.ForEachItem(*active, kMaxThreads,
                            [&](RemoteAddress id_object, RemoteAddress thread) {
                              const std::optional<int64_t> id = reader.Integer(id_object);
                              if (id) visit(static_cast<uint64_t>(*id), thread);
                              return true;
                            });
}

absl::flat_hash_map<uint64_t, std::string> ReadThreadNames(RemoteMemory& memory,
                                                           const Layout& layout,
                                                           RemoteAddress interpreter) {
  absl::flat_hash_map<uint64_t, std::string> names;
  ObjectReader reader(memory, layout);
  ForEachThreadObject(memory, layout, interpreter, [&](uint64_t id, RemoteAddress thread) {
    const auto name_object = reader.Attribute(thread, NameAttribute(layout));
    if (!name_object) return;
    if (std::optional<std::string> name = reader.String(*name_object)) {
      names.insert_or_assign(id, *std::move(name));
    }
  });
  return names;
}

}  // namespace spyhop
