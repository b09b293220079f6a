#include "schema/registry/accounts.hpp"

#include <algorithm>
#include <backtrail_schema_sql.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <simdjson.h>
#include <unordered_map>

#include "schema/core/time.hpp"
#include "schema/model/entity.hpp"

namespace backtrail::schema {
namespace {

constexpr std::array<std::string_view, kAccountFields> kFieldNames{
    "name", "organizational_unit", "owner", "environment", "email", "status"};
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::size_t index_of(AccountField field) {
  return static_cast<std::size_t>(field);
}

// One record of a CSV file: RFC 4180 with LF or CRLF; a quoted cell may hold commas, line ends and doubled quotes.
class CsvReader {
 public:
  // `line` is how many lines stand before the text.
  CsvReader(std::string_view text, std::size_t line) : rest_(text), line_(line) {}

  // False at the end. `line` is where the record began; `problem` is set when its quoting is broken.
  bool next(std::vector<std::string>& cells, std::size_t& line, std::string& problem) {
    if (rest_.empty()) return false;
    line = line_ + 1;
    cells.clear();
    problem.clear();
    while (read_cell(cells, problem)) {
    }
    return true;
  }

 private:
  // True when another cell of this record follows.
  bool read_cell(std::vector<std::string>& cells, std::string& problem) {
    std::string cell;
    if (!rest_.empty() && rest_.front() == '"') {
      read_quoted(cell, problem);
    } else {
      const auto end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
      cell = rest_.substr(0, end);
      rest_.remove_prefix(end);
    }
    cells.push_back(std::move(cell));
    if (!rest_.empty() && rest_.front() != ',' && rest_.front() != '\r' && rest_.front() != '\n') {
      problem = "text follows the closing quote of a cell";
      rest_.remove_prefix(std::min(rest_.find_first_of(",\r\n"), rest_.size()));
    }
    if (!rest_.empty() && rest_.front() == ',') {
      rest_.remove_prefix(1);
      return true;
    }
    end_line();
    return false;
  }

  void read_quoted(std::string& cell, std::string& problem) {
    rest_.remove_prefix(1);
    while (true) {
      const auto quote = std::min(rest_.find('"'), rest_.size());
      cell.append(rest_.substr(0, quote));
      line_ +=
          static_cast<std::size_t>(std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(quote), '\n'));
      if (quote == rest_.size()) {
        problem = "a quote is not closed";
        rest_ = {};
        return;
      }
      rest_.remove_prefix(quote + 1);
      if (rest_.empty() || rest_.front() != '"') return;
      cell += '"';
      rest_.remove_prefix(1);
    }
  }

  void end_line() {
    if (rest_.starts_with("\r\n"))
      rest_.remove_prefix(2);
    else if (!rest_.empty())
      rest_.remove_prefix(1);
    ++line_;
  }

  std::string_view rest_;
  std::size_t line_;
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Why a field's text cannot be stored; empty when it can.
std::string problem_of(std::string_view name, std::string_view text) {
  if (text.size() > kAccountFieldMaxBytes)
    return fmt::format("{} is longer than {} bytes", name, kAccountFieldMaxBytes);
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return fmt::format("{} holds a control character", name);
  return {};
}

// Collects accounts and rejections of one file.
class Collector {
 public:
  explicit Collector(AccountFile& file) : file_(file) {}

  void reject(std::size_t line, std::string reason) {
    ++file_.rejected_count;
    if (file_.rejected.size() < kAccountRejectionsMax) file_.rejected.push_back({line, std::move(reason)});
  }

  void add(std::size_t line, AccountLine account) {
    if (!is_account_id(account.account_id)) return reject(line, "account_id is not 12 digits");
    for (std::size_t i = 0; i < kAccountFields; ++i) {
      if (!account.fields[i]) continue;
      if (auto problem = problem_of(kFieldNames[i], *account.fields[i]); !problem.empty())
        return reject(line, std::move(problem));
      if (account.fields[i]->empty()) account.fields[i].reset();
    }
    const auto [known, is_new] = lines_.emplace(account.account_id, line);
    if (!is_new) return reject(line, fmt::format("the account stands in line {} already", known->second));
    file_.accounts.push_back(std::move(account));
  }

 private:
  AccountFile& file_;
  std::unordered_map<std::string, std::size_t> lines_;
};

constexpr std::size_t kIdColumn = kAccountFields;

// Which field each column holds; kIdColumn for the account's id.
Result<std::vector<std::size_t>> read_header(const std::vector<std::string>& cells) {
  std::vector<std::size_t> columns;
  for (const auto& cell : cells) {
    std::string name(trimmed(cell));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const auto found = std::find(kFieldNames.begin(), kFieldNames.end(), name);
    const bool is_id = name == "account_id";
    if (!is_id && found == kFieldNames.end())
      return fail(
          Code::kBadParameter,
          "the first line is no header of accounts; its columns are account_id, name, organizational_unit, owner, "
          "environment, email and status");
    const auto column = is_id ? kIdColumn : static_cast<std::size_t>(found - kFieldNames.begin());
    if (std::find(columns.begin(), columns.end(), column) != columns.end())
      return fail(Code::kBadParameter, fmt::format("the header has the column {} twice", name));
    columns.push_back(column);
  }
  if (std::find(columns.begin(), columns.end(), kIdColumn) == columns.end())
    return fail(Code::kBadParameter, "the header has no column account_id");
  return columns;
}

Result<AccountFile> parse_csv(std::string_view text, std::size_t lines_before) {
  AccountFile file;
  CsvReader reader(text, lines_before);
  std::vector<std::string> cells;
  std::size_t line = 0, records = 0;
  std::string problem;
  if (!reader.next(cells, line, problem)) return fail(Code::kBadParameter, "the file is empty");
  const auto columns = read_header(cells);
  if (!columns) return columns.error();
  for (const auto column : *columns)
    if (column != kIdColumn) file.has[column] = true;
  Collector collector(file);
  while (reader.next(cells, line, problem)) {
    if (++records > kAccountFileMaxLines)
      return fail(Code::kTooLarge, fmt::format("the file has more than {} lines", kAccountFileMaxLines));
    if (cells.size() == 1 && trimmed(cells.front()).empty() && problem.empty()) continue;
    if (!problem.empty()) {
      collector.reject(line, problem);
      continue;
    }
    if (cells.size() != columns->size()) {
      collector.reject(line, fmt::format("{} cells where the header has {}", cells.size(), columns->size()));
      continue;
    }
    AccountLine account;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto value = trimmed(cells[i]);
      if ((*columns)[i] == kIdColumn)
        account.account_id = value;
      else
        account.fields[(*columns)[i]] = std::string(value);
    }
    collector.add(line, std::move(account));
  }
  return file;
}

std::string text_member(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

Result<AccountFile> parse_json(std::string_view text) {
  const auto document = nlohmann::json::parse(text, nullptr, false);
  const nlohmann::json* list = document.is_array() ? &document : nullptr;
  if (document.is_object() && document.contains("Accounts") && document["Accounts"].is_array())
    list = &document["Accounts"];
  if (list == nullptr)
    return fail(Code::kBadParameter,
                "the file is no JSON as 'aws organizations list-accounts' prints it: a list Accounts");
  if (list->size() > kAccountFileMaxLines)
    return fail(Code::kTooLarge, fmt::format("the file has more than {} accounts", kAccountFileMaxLines));
  AccountFile file;
  for (const auto field : {AccountField::kName, AccountField::kEmail, AccountField::kStatus})
    file.has[index_of(field)] = true;
  Collector collector(file);
  std::size_t position = 0;
  for (const auto& entry : *list) {
    ++position;
    if (!entry.is_object()) {
      collector.reject(position, "it is no object");
      continue;
    }
    AccountLine account;
    account.account_id = text_member(entry, "Id");
    account.fields[index_of(AccountField::kName)] = text_member(entry, "Name");
    account.fields[index_of(AccountField::kEmail)] = text_member(entry, "Email");
    account.fields[index_of(AccountField::kStatus)] = text_member(entry, "Status");
    collector.add(position, std::move(account));
  }
  return file;
}

// An array with NULLs for fields that are not set.
std::string nullable_array(const std::vector<AccountLine>& accounts, std::size_t field) {
  std::string text = "{";
  for (const auto& account : accounts) {
    if (text.size() > 1) text += ',';
    const auto& value = account.fields[field];
    if (!value) {
      text += "NULL";
      continue;
    }
    const std::string one = array_literal({*value});
    text.append(one, 1, one.size() - 2);
  }
  return text + '}';
}

void write_accounts(Transaction& tx, const AccountFile& file, std::int64_t now_us) {
  std::vector<std::string> ids;
  for (const auto& account : file.accounts) ids.push_back(account.account_id);
  const auto values = [&](AccountField field) { return nullable_array(file.accounts, index_of(field)); };
  const auto has = [&](AccountField field) { return file.has[index_of(field)]; };
  using enum AccountField;
  tx.exec(sql::account_upsert, array_literal(ids), values(kName), values(kOrganizationalUnit), values(kOwner),
          values(kEnvironment), values(kEmail), values(kStatus), has(kName), has(kOrganizationalUnit), has(kOwner),
          has(kEnvironment), has(kEmail), has(kStatus), format_rfc3339(now_us));
}

}  // namespace

Result<AccountFile> parse_account_file(std::string_view text) {
  if (text.size() > kAccountFileMaxBytes)
    return fail(Code::kTooLarge, fmt::format("the file is larger than {} bytes", kAccountFileMaxBytes));
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (!simdjson::validate_utf8(text.data(), text.size()))
    return fail(Code::kBadParameter, "the file is not UTF-8; save it as UTF-8 and send it again");
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return fail(Code::kBadParameter, "the file is empty");
  if (text[first] == '{' || text[first] == '[') return parse_json(text);
  const auto before = text.substr(0, first);
  return parse_csv(text.substr(first), static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')));
}

Result<AccountImport> import_accounts(Database& maintenance, std::string_view text, std::int64_t now_us) {
  auto file = parse_account_file(text);
  if (!file) return file.error();
  if (!file->accounts.empty()) {
    const auto done = maintenance.write(AccountScope::all(), [&](Transaction& tx) -> Result<void> {
      write_accounts(tx, *file, now_us);
      return {};
    });
    if (!done) return done.error();
  }
  return AccountImport{file->accounts.size(), file->rejected_count, std::move(file->rejected)};
}

}  // namespace backtrail::schema
