// Who guesses chooses names and addresses: beyond so many different ones between two writes, they are one entry.
#include "server/auth/login_audit.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "protocols/base/text.h"
#include "storage/store_await.h"
#include "storage/store_options.h"

namespace server::auth {

using services::Identity;
using services::LoginAttempt;
using storage::AuditKind;
using storage::Result;

namespace {

constexpr std::size_t most_kinds = 1'000;
constexpr std::size_t longest_name = 320;  // RFC 5321 §4.5.3.1: what an address can have
constexpr unsigned writes_between_trims = 60;

}  // namespace

LoginAudit::LoginAudit(services::Authenticator& judge, storage::Store& store, Clock now)
    : judge_(judge), store_(store), now_(std::move(now)) {}

void LoginAudit::note(AuditKind kind, std::string action, std::string account, const LoginAttempt& attempt) {
    if (store_.options().audit.keep.count() == 0) return;
    account.resize(base::beginning(account, longest_name).size());
    Kind same{kind, std::move(action), std::move(account), attempt.address, attempt.area + " " + attempt.mechanism};
    const std::int64_t now = now_();
    const locking::Lock lock(mutex_);
    if (collected_.size() >= most_kinds && !collected_.contains(same)) {
        same.account = "(many)";
        same.address.clear();
        same.how = attempt.area;
    }
    Noted& noted = collected_[std::move(same)];
    if (noted.count++ == 0) noted.first_at = now;
}

void LoginAudit::note_login(const std::string& account, const std::string& label, LoginAttempt attempt) {
    if (!label.empty()) attempt.mechanism += " app password " + label;
    note(AuditKind::login, "login", account, attempt);
}

// "Too busy" says nothing of the client.
void LoginAudit::note_refusal(const storage::Refusal& refusal, const LoginAttempt& attempt) {
    if (refusal.reason == storage::Reason::authentication_failed) {
        note(AuditKind::failure, "login-failed", attempt.user, attempt);
    } else if (refusal.reason == storage::Reason::throttled) {
        note(AuditKind::failure, "login-shut-out", attempt.user, attempt);
    } else if (refusal.reason == storage::Reason::out_of_scope ||
               refusal.reason == storage::Reason::app_password_needed) {
        note(AuditKind::failure, "login-barred", attempt.user, attempt);
    }
}

asio::awaitable<Result<Identity>> LoginAudit::check_password(LoginAttempt attempt, std::string password) {
    Result<Identity> judged = co_await judge_.check_password(attempt, std::move(password));
    if (judged && !judged->code_needed) {
        note_login(judged->name, judged->app_password_label, attempt);
    } else if (!judged) {
        note_refusal(judged.error(), attempt);
    }
    co_return judged;
}

asio::awaitable<Result<Identity>> LoginAudit::check_code(LoginAttempt attempt, Identity identity, std::string code) {
    Result<Identity> judged = co_await judge_.check_code(attempt, std::move(identity), std::move(code));
    if (judged) {
        note_login(judged->name, {}, attempt);
    } else {
        note_refusal(judged.error(), attempt);
    }
    co_return judged;
}

asio::awaitable<Result<std::monostate>> LoginAudit::change_password(LoginAttempt attempt, PasswordChange change) {
    Result<std::monostate> judged = co_await judge_.change_password(attempt, std::move(change));
    if (!judged) note_refusal(judged.error(), attempt);  // what was done is audited by whoever did it
    co_return judged;
}

// An exchange under way: one that is destroyed unfinished was given up, and may have been a guess.
class LoginAudit::Watched : public ScramExchange {
  public:
    Watched(LoginAudit& owner, LoginAttempt attempt, const ScramRecord& record, std::unique_ptr<ScramExchange> exchange)
        : owner_(owner),
          attempt_(std::move(attempt)),
          identity_(record.identity.value_or(Identity{})),
          barred_(record.barred),
          exchange_(std::move(exchange)) {}
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched() override {
        if (!finished_) owner_.note(AuditKind::failure, "login-given-up", attempt_.user, attempt_);
    }
    std::unique_ptr<ScramExchange> finish() {
        finished_ = true;
        return std::move(exchange_);
    }
    const Identity& identity() const { return identity_; }
    const std::optional<storage::Refusal>& barred() const { return barred_; }

  private:
    LoginAudit& owner_;
    LoginAttempt attempt_;
    Identity identity_;  // whose keys were given out
    std::optional<storage::Refusal> barred_;
    bool finished_ = false;
    std::unique_ptr<ScramExchange> exchange_;
};

asio::awaitable<Result<services::Authenticator::ScramRecord>> LoginAudit::scram_record(LoginAttempt attempt) {
    Result<ScramRecord> record = co_await judge_.scram_record(attempt);
    if (!record) {
        note_refusal(record.error(), attempt);
    } else {
        record->exchange = std::make_unique<Watched>(*this, std::move(attempt), *record, std::move(record->exchange));
    }
    co_return record;
}

asio::awaitable<void> LoginAudit::scram_finished(LoginAttempt attempt, std::unique_ptr<ScramExchange> exchange,
                                                 bool succeeded) {
    auto& watched = dynamic_cast<Watched&>(*exchange);
    const Identity identity = watched.identity();
    const std::optional<storage::Refusal> barred = watched.barred();
    std::unique_ptr<ScramExchange> judged = watched.finish();
    co_await judge_.scram_finished(attempt, std::move(judged), succeeded);
    if (!succeeded) {
        note(AuditKind::failure, "login-failed", attempt.user, attempt);
    } else if (barred) {
        note_refusal(*barred, attempt);
    } else {
        note_login(identity.name, identity.app_password_label, std::move(attempt));
    }
}

std::vector<storage::AuditEntry> LoginAudit::take() {
    std::map<Kind, Noted> collected;
    {
        const locking::Lock lock(mutex_);
        collected.swap(collected_);
    }
    std::vector<storage::AuditEntry> entries;
    for (const auto& [same, noted] : collected) {
        entries.push_back({.at = noted.first_at,
                           .kind = same.kind,
                           .actor = {},
                           .action = same.action,
                           .subject = same.account,
                           .detail = same.how,
                           .address = same.address,
                           .count = noted.count});
    }
    std::ranges::sort(entries, {}, [](const storage::AuditEntry& entry) {
        return std::tie(entry.at, entry.action, entry.subject, entry.address);
    });
    return entries;
}

asio::awaitable<void> LoginAudit::write_down() {
    std::vector<storage::AuditEntry> entries = take();
    if (!entries.empty()) {
        storage::Operation<std::monostate> note_all = storage::note_in_audit(std::move(entries));
        static_cast<void>(co_await store_.write(std::move(note_all)));
    }
    if (writes_++ % writes_between_trims != 0) co_return;
    storage::Operation<bool> trim = storage::trim_audit(now_());
    static_cast<void>(co_await store_.write(std::move(trim)));
}

void LoginAudit::write_down_now() {
    std::vector<storage::AuditEntry> entries = take();
    if (!entries.empty()) static_cast<void>(store_.write_now(storage::note_in_audit(std::move(entries))));
}

}  // namespace server::auth
