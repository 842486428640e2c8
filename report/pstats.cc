#include "report/pstats.h"

#include <vector>

#include "report/call_profile.h"
#include "report/marshal_writer.h"

namespace spyhop {
namespace {

// What pstats (Lib/pstats.py, func_std_string) takes for a function without a file; its line is 0.
constexpr std::string_view kNoFile = "~";

double Seconds(Nanos time) { return static_cast<double>(time) / static_cast<double>(kSecond); }

void WriteKey(const CalledFunction& function, MarshalWriter& out) {
  out.BeginTuple(3)
      .Text(function.file.empty() ? kNoFile : function.file)
      .Int(function.file.empty() ? 0 : function.first_line)
      .Text(function.name);
}

void WriteTimes(const CallCost& cost, MarshalWriter& out) {
  out.Float(Seconds(cost.self)).Float(Seconds(cost.total));
}

// The order of the two counts differs: print_line and print_call_line of Lib/pstats.py.
void WriteFunction(const CalledFunction& function, const std::vector<CalledFunction>& functions,
                   MarshalWriter& out) {
  WriteKey(function, out);
  out.BeginTuple(5);
  out.Int(static_cast<int64_t>(function.cost.samples))
      .Int(static_cast<int64_t>(function.cost.frames));
  WriteTimes(function.cost, out);
  out.BeginDict();
  for (const Caller& caller : function.callers) {
    WriteKey(functions[caller.function], out);
    out.BeginTuple(4);
    out.Int(static_cast<int64_t>(caller.cost.frames))
        .Int(static_cast<int64_t>(caller.cost.samples));
    WriteTimes(caller.cost, out);
  }
  out.EndDict();
}

}  // namespace

void WritePstats(const Profile& profile, const ViewOptions& options, Sink& sink) {
  const std::vector<CalledFunction> functions = MakeCallProfile(profile, options);
  MarshalWriter out(sink);
  out.BeginDict();
  for (const CalledFunction& function : functions) WriteFunction(function, functions, out);
  out.EndDict();
}

}  // namespace spyhop
