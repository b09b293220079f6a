// The splitter of JSON lines, concatenated documents and arrays: pieces lie in the input, in order, without overlap;
// between them is nothing but what may stand there; and it always moves on.
#include "ingest/parse/json_split.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;

namespace {

void split(std::string_view text, bool in_array) {
  ingest::ValueStream stream(text, in_array);
  std::size_t at = !in_array && text.starts_with("\xEF\xBB\xBF") ? 3 : 0, pieces = 0;
  for (ingest::Piece piece; stream.next(piece);) {
    const auto start = static_cast<std::size_t>(piece.text.data() - text.data());
    FUZZ_PROMISE(++pieces <= text.size());
    FUZZ_PROMISE(start >= at && start + piece.text.size() <= text.size());
    FUZZ_PROMISE(text.substr(at, start - at).find_first_not_of(" \t\r\n,\x1e") == std::string_view::npos);
    at = start + piece.text.size();
    if (piece.kind == ingest::Piece::Kind::kValue) {
      FUZZ_PROMISE(piece.text.front() == '{' || piece.text.front() == '[');
      for (const auto& member : ingest::members_of(piece.text))
        FUZZ_PROMISE(member.value.data() + member.value.size() <= piece.text.data() + piece.text.size());
    }
  }
  FUZZ_PROMISE(stream.position() <= text.size());
  const auto rest = text.substr(at, stream.position() - at);
  FUZZ_PROMISE(rest.find_first_not_of(in_array ? " \t\r\n,\x1e]" : " \t\r\n,\x1e") == std::string_view::npos);
}

}  // namespace

BACKTRAIL_FUZZ(input) {
  split(input, false);
  split(input, true);
  (void)ingest::find_array_member(input, {"Records", "Findings"});
}
