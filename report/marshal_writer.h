// Streams values in the format of Python's marshal module, version 2, which every CPython since 2.5
// reads. No references and no interning, so what is read back shares nothing.
//
//   MarshalWriter out(sink);
//   out.BeginDict().Text("a").BeginTuple(2).Int(1).Float(0.5).EndDict();   // {'a': (1, 0.5)}
//
// The caller balances Begin and End, gives a value after each key, and as many items as a tuple is
// said to have. Format: Python/marshal.c of CPython.
#ifndef SPYHOP_REPORT_MARSHAL_WRITER_H_
#define SPYHOP_REPORT_MARSHAL_WRITER_H_

#include <cstdint>
#include <string_view>

#include "report/sink.h"

namespace spyhop {

class MarshalWriter {
 public:
  explicit MarshalWriter(Sink& sink) : sink_(sink) {}

  MarshalWriter& BeginDict();
  MarshalWriter& EndDict();
  // The next `size` values are its items; it ends by itself.
  MarshalWriter& BeginTuple(uint32_t size);
  MarshalWriter& Int(int64_t number);
  MarshalWriter& Float(double number);
  // A str (in Python 2 a unicode) of less than 2 GiB; it must be valid UTF-8.
  MarshalWriter& Text(std::string_view utf8);

 private:
  // The `bytes` low bytes, lowest first.
  void LittleEndian(uint64_t number, int bytes);
  void Type(char type) { sink_.Append({&type, 1}); }
  void Long(int64_t number);

  Sink& sink_;
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_MARSHAL_WRITER_H_
