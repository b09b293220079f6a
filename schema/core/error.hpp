// Expected errors as values: Result<T> holds a T or an Error{Code, detail}.
//
// An expected error is one that the outside world causes (a malformed record, an unknown id, a database that is away);
// a programmer's error aborts through BACKTRAIL_ASSERT. Codes are grouped by the hundred, one comment each, and a
// retired number is never used again. Values only: thread-safe.
#pragma once
#include <boost/system/result.hpp>
#include <boost/throw_exception.hpp>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace backtrail::schema {

enum class Code {
  // 1xx: what somebody asked of us
  kBadParameter = 101,  // a filter, id, time or option that cannot be understood
  kBadCursor = 102,     // a cursor that we did not issue, or for another question
  kNotFound = 103,      // no such thing inside the caller's scope
  kForbidden = 104,     // the key may not do this
  // 2xx: what somebody sent us
  kBadJson = 201,      // not one well-formed JSON value
  kBadTime = 202,      // not a time stamp that we accept
  kBadEncoding = 203,  // damaged gzip, zip, zstd or base64
  kTooLarge = 204,     // beyond a limit of ours
  kBadRecord = 205,    // JSON of the wrong shape
  // 3xx: the database
  kDatabaseDown = 301,  // no connection, or lost: SQLSTATE 08, 57P; may be retried
  kRetry = 302,         // serialization failure or deadlock: SQLSTATE 40
  kBadData = 303,       // the statement's values were refused: SQLSTATE 22, 23, 54
  kTimeout = 304,       // statement_timeout: SQLSTATE 57014
  kDatabase = 305,      // anything else the server said
  kSchema = 306,        // the warehouse's schema is not the one this program knows
  // 4xx: this machine
  kIo = 401,       // a file or process operation failed
  kOverload = 402  // a queue or pool is full; try again
};

struct Error {
  Code code;
  std::string detail;  // for people; never holds secrets or record contents
};

// Raised by Result::value() on an error that the caller said could not happen.
struct ErrorException : std::runtime_error {
  explicit ErrorException(Error e) : std::runtime_error(e.detail), error(std::move(e)) {}
  Error error;
};

[[noreturn]] inline void throw_exception_from_error(const Error& e, const boost::source_location&) {
  throw ErrorException(e);
}

template <class T>
using Result = boost::system::result<T, Error>;

inline Error fail(Code code, std::string detail) {
  return Error{code, std::move(detail)};
}

}  // namespace backtrail::schema

// On in every build: a broken invariant must not go on writing evidence.
#define BACKTRAIL_ASSERT(condition)                                                                       \
  do {                                                                                                    \
    if (!(condition)) {                                                                                   \
      std::fprintf(stderr, "backtrail: assertion failed: %s at %s:%d\n", #condition, __FILE__, __LINE__); \
      std::abort();                                                                                       \
    }                                                                                                     \
  } while (false)
