#include "ingest/sample/template.hpp"

#include <stdexcept>
#include <string>

namespace backtrail::ingest::sample {
namespace {

enum Placeholder : int {
  kAccount,
  kRegion,
  kZone,
  kInstance,
  kPrivateIp,
  kComputer,
  kVpc,
  kSubnet,
  kSg,
  kEni,
  kVolume,
  kImage,
  kType,
  kProfile,
  kBucket,
  kObject,
  kKms,
  kTable,
  kFunction,
  kRole,
  kRoleArn,
  kRoleId,
  kSession,
  kSubject,
  kProvider,
  kUser,
  kParam,
  kSecret,
  kQueue,
  kRepo,
  kService,
  kStack,
  kDatabase,
  kCluster,
  kUuid,
  kUuid2,
  kRequest,
  kHex8,
  kHex16,
  kHex17,
  kHex32,
  kN1,
  kN2,
  kN3,
  kN4,
  kN6,
  kBytes,
  kDate,
  kDateHour,
  kMillis,
  kIso,
  kIsoDay,
  kToken,
  kKey,
  kS3Id,
  kPage,
  kBatch,
  kBlob
};

constexpr std::string_view kNames[] = {
    "account",  "region",  "zone",     "instance", "private_ip", "computer", "vpc",     "subnet", "sg",        "eni",
    "volume",   "image",   "type",     "profile",  "bucket",     "object",   "kms",     "table",  "function",  "role",
    "role_arn", "role_id", "session",  "subject",  "provider",   "user",     "param",   "secret", "queue",     "repo",
    "service",  "stack",   "database", "cluster",  "uuid",       "uuid2",    "request", "hex8",   "hex16",     "hex17",
    "hex32",    "n1",      "n2",       "n3",       "n4",         "n6",       "bytes",   "date",   "date_hour", "millis",
    "iso",      "iso_day", "token",    "key",      "s3_id",      "page",     "batch",   "blob"};

int placeholder_code(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return static_cast<int>(i);
  }
  throw std::logic_error("unknown placeholder <" + std::string(name) + "> in the sample's API catalogue");
}

template <typename List>
const auto& choose(const List& list, std::uint64_t seed, int what) {
  return list[mix(seed, static_cast<std::uint64_t>(what)) % list.size()];
}

// An instance of the account's when the burst does not speak of one; an invented one where the account has none.
const Instance& instance_of(const Scene& scene) {
  if (scene.instance != nullptr) return *scene.instance;
  const auto& here = scene.account->instances[static_cast<std::size_t>(scene.region)];
  if (!here.empty()) return choose(here, scene.event_seed, kInstance);
  static const Instance kNone = [] {
    Account nobody;
    nobody.id = "000000000000";
    return make_instance(tag("no instance"), nobody, 0, "none");
  }();
  return kNone;
}

void put_object_key(const Scene& scene, Text& out) {
  static constexpr std::string_view kFolders[] = {"orders/", "clickstream/", "exports/customers/", "invoices/",
                                                  "snapshots/"};
  out.put(kFolders[mix(scene.sticky, kObject) % std::size(kFolders)]);
  out.put("dt=");
  const Date date = date_of_day(day_of(scene.seconds) - static_cast<std::int64_t>(mix(scene.sticky, 3) % 30));
  out.put_padded(static_cast<std::uint64_t>(date.year), 4);
  out.put('-');
  out.put_padded(static_cast<std::uint64_t>(date.month), 2);
  out.put('-');
  out.put_padded(static_cast<std::uint64_t>(date.day), 2);
  out.put("/part-");
  out.put_padded(mix(scene.event_seed, kObject) % 4000, 5);
  out.put("-c000.snappy.parquet");
}

void put_network(const Scene& scene, int placeholder, Text& out) {
  const Instance& instance = instance_of(scene);
  switch (placeholder) {
    case kZone:
      return out.put(instance.zone);
    case kInstance:
      return out.put(instance.id);
    case kPrivateIp:
      return out.put(instance.private_ip);
    case kComputer:
      return out.put(instance.name);
    case kVpc:
      return out.put(instance.vpc);
    case kSubnet:
      return out.put(instance.subnet);
    case kSg:
      return out.put(instance.security_group);
    case kEni:
      return out.put(instance.network_interface);
    case kVolume:
      return out.put(instance.volume);
    case kImage:
      return out.put(instance.image);
    case kType:
      return out.put(instance.type);
    default:
      out.put(scene.account->name);
      return out.put("-instance-profile");
  }
}

void put_role(const Scene& scene, int placeholder, Text& out) {
  const Role& role = scene.role != nullptr ? *scene.role : choose(scene.account->roles, scene.sticky, kRole);
  out.put(placeholder == kRole ? role.name : placeholder == kRoleArn ? role.arn : role.id);
}

void put_random(const Scene& scene, int placeholder, Text& out) {
  const std::uint64_t bits = mix(scene.event_seed, static_cast<std::uint64_t>(placeholder));
  switch (placeholder) {
    case kHex8:
      return out.put_hex(bits, 8);
    case kHex16:
      return out.put_hex(bits, 16);
    case kHex17:
      return out.put_hex(bits, 17);
    case kHex32:
      return out.put_hex(bits, 32);
    case kN1:
      return out.put_number(bits % 10);
    case kN2:
      return out.put_number(10 + bits % 90);
    case kN3:
      return out.put_number(100 + bits % 900);
    case kN4:
      return out.put_number(1000 + bits % 9000);
    case kN6:
      return out.put_number(100000 + bits % 900000);
    case kBytes:
      return out.put_number(256 + bits % (1ULL << (8 + bits % 15)));
    case kS3Id:
      out.put_token(bits, 75);
      return out.put('=');
    case kPage:
      return out.put_token(bits, 64);
    case kBatch:
      return out.put_token(bits, 176);
    case kBlob:
      return out.put_token(bits, 260);
    default:
      return out.put_uuid(make_uuid(bits, mix(bits)));
  }
}

// The session token of issued credentials: an unchanging head, then noise.
void put_session_token(const Scene& scene, Text& out) {
  out.put("IQoJb3JpZ2luX2VjE");
  out.put_token(mix(scene.issued_seed, 7), 431);
}

// Tries stickies until one chooses what is wanted; with some dozens of names that takes some hundred tries.
std::uint64_t sticky_for(const std::vector<std::string>& list, std::string_view wanted, int placeholder) {
  for (std::uint64_t sticky = 1; sticky < 1'000'000; ++sticky) {
    if (choose(list, sticky, placeholder) == wanted) return sticky;
  }
  throw std::logic_error("the sample's account has no " + std::string(wanted));
}

}  // namespace

std::uint64_t sticky_for_bucket(const Account& account, std::string_view bucket) {
  return sticky_for(account.buckets, bucket, kBucket);
}
std::uint64_t sticky_for_table(const Account& account, std::string_view table) {
  return sticky_for(account.tables, table, kTable);
}

Template::Template(std::string_view source) {
  while (!source.empty()) {
    const std::size_t open = source.find('<');
    Piece piece;
    piece.literal = source.substr(0, open);
    source.remove_prefix(piece.literal.size());
    if (!source.empty()) {
      const std::size_t close = source.find('>');
      if (close == std::string_view::npos) throw std::logic_error("unclosed placeholder in the sample's API catalogue");
      piece.placeholder = placeholder_code(source.substr(1, close - 1));
      source.remove_prefix(close + 1);
    }
    pieces_.push_back(piece);
  }
}

void Template::expand(const Scene& scene, Text& out) const {
  const Account& account = *scene.account;
  const auto region = static_cast<std::size_t>(scene.region);
  for (const Piece& piece : pieces_) {
    out.put(piece.literal);
    switch (piece.placeholder) {
      case -1:
        break;
      case kAccount:
        out.put(account.id);
        break;
      case kRegion:
        out.put(kRegions[region].name);
        break;
      case kZone:
      case kInstance:
      case kPrivateIp:
      case kComputer:
      case kVpc:
      case kSubnet:
      case kSg:
      case kEni:
      case kVolume:
      case kImage:
      case kType:
      case kProfile:
        put_network(scene, piece.placeholder, out);
        break;
      case kBucket:
        out.put(choose(account.buckets, scene.sticky, kBucket));
        break;
      case kObject:
        put_object_key(scene, out);
        break;
      case kKms:
        out.put(account.key_ids[region]);
        break;
      case kTable:
        out.put(choose(account.tables, scene.sticky, kTable));
        break;
      case kFunction:
        out.put(choose(account.functions, scene.sticky, kFunction).name);
        break;
      case kRole:
      case kRoleArn:
      case kRoleId:
        put_role(scene, piece.placeholder, out);
        break;
      case kSession:
        out.put_escaped(scene.session);
        break;
      case kSubject:
        out.put_escaped(scene.subject);
        break;
      case kProvider:
        out.put_escaped(scene.provider);
        break;
      case kUser:
        out.put(choose(account.users, scene.event_seed, kUser).name);
        break;
      case kParam:
        out.put(choose(account.parameters, scene.event_seed, kParam));
        break;
      case kSecret:
        out.put(choose(account.secrets, scene.sticky, kSecret));
        break;
      case kQueue:
        out.put(choose(account.queues, scene.sticky, kQueue));
        break;
      case kRepo:
        out.put(choose(account.repositories, scene.sticky, kRepo));
        break;
      case kService:
        out.put(choose(account.services, scene.sticky, kService));
        break;
      case kStack:
        out.put(choose(account.stacks, scene.sticky, kStack));
        break;
      case kDatabase:
        out.put(choose(account.databases, scene.sticky, kDatabase));
        break;
      case kCluster:
        out.put(account.name);
        out.put("-cluster");
        break;
      case kRequest:
        out.put_uuid(scene.request_id);
        break;
      case kDate:
        out.put_console_date(scene.seconds);
        break;
      case kDateHour:
        out.put_console_date(scene.seconds + kHour);
        break;
      case kMillis:
        out.put_number(static_cast<std::uint64_t>(scene.seconds) * 1000);
        break;
      case kIso:
        out.put_iso(scene.seconds);
        break;
      case kIsoDay:
        out.put_iso(scene.seconds + kDay);
        break;
      case kToken:
        put_session_token(scene, out);
        break;
      case kKey:
        out.put("ASIA");
        out.put_base32(scene.issued_seed, 16);
        break;
      default:
        put_random(scene, piece.placeholder, out);
        break;
    }
  }
}

}  // namespace backtrail::ingest::sample
