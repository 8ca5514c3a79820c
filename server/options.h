// Turns the config into the options of each part: the only place that knows both.
#pragma once

#include <string>

#include "protocols/dns/resolver.h"
#include "protocols/http/options.h"
#include "protocols/imap/options.h"
#include "protocols/mime/parse_limits.h"
#include "protocols/pop3/options.h"
#include "protocols/smtp/options.h"
#include "protocols/sts/policy.h"
#include "server/auth/authenticator.h"
#include "server/auth/name_guesses.h"
#include "server/config/config.h"
#include "server/delivery/directory.h"
#include "server/delivery/intake/intake.h"
#include "server/doors/doors.h"
#include "server/queue/runner.h"
#include "server/tls/certificates.h"
#include "storage/search_index.h"
#include "storage/store.h"
#include "storage/store_options.h"
#include "web/context.h"

namespace server {

inline constexpr const char* program_version = MAILSTEAD_VERSION;

storage::StoreOptions store_options(const Config& config);
storage::SearchIndexOptions search_index_options(const Config& config);
storage::FoldedTexts folded_texts(const Config& config);  // for filling the search index
auth::HashCost hash_cost(const Config& config);
auth::AuthenticatorOptions authenticator_options(const Config& config, std::string scram_secret);
auth::NameGuessOptions guess_options(const Config& config);
// What is kept of a new message for its summary, whichever way it comes.
mime::ParseLimits parse_limits(const Config& config);
storage::SendingLimits sending_limits(const Config& config);
delivery::IntakeOptions intake_options(const Config& config);
// Recipients at address literals are judged before their mail is taken.
delivery::Directory::Forbids forbidden_destinations(const Config& config);
tls::CertificateFiles certificate_files(const Config& config);
budget::Limits budget_limits(const Config& config);
DoorsOptions doors_options(const Config& config);
smtp::Options smtp_options(const Config& config, smtp::Kind kind, net::TlsContext& tls);
imap::Options imap_options(const Config& config);
pop3::Options pop3_options(const Config& config);
queue::RunnerOptions queue_options(const Config& config);
dns::ResolverOptions resolver_options(const Config& config);
// What one connection of a browser counts for among strangers.
std::uint64_t web_connection_octets(const Config& config);
// Of our own MTA-STS policy.
sts::Mode sts_mode_of(const Config& config);
web::Options web_options(const Config& config);
http::Options http_options(const Config& config);

}  // namespace server
