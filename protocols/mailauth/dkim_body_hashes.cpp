#include "protocols/mailauth/dkim_body_hashes.h"

#include <map>
#include <utility>

#include "protocols/base/expects.h"
#include "protocols/mailauth/dkim_sha256.h"

namespace mailauth {

// The canonical body of one form: its hash, and those of its beginnings.
class BodyHashes::Stream {
  public:
    explicit Stream(Canonicalization form) : canonical_(form, [this](std::string_view octets) { take(octets); }) {}

    void want(std::optional<std::uint64_t> limit) {
        base::expects(octets_ == 0, "a body hash that is asked for late");
        if (limit) beginnings_.try_emplace(*limit);
        next_ = beginnings_.begin();
    }

    void feed(std::string_view piece) { canonical_.feed(piece); }

    void finish() {
        canonical_.finish();
        take({});  // a beginning that is as long as the body, which may be empty
        whole_ = hash_.digest();
    }

    [[nodiscard]] BodyHash hash(std::optional<std::uint64_t> limit) const {
        if (!limit) return {.digest = whole_};
        const auto found = beginnings_.find(*limit);
        base::expects(found != beginnings_.end(), "a body hash that nobody asked for");
        if (found->second.empty()) return {.has_all_octets = false};
        return {.digest = found->second, .octets_after = octets_ - *limit};
    }

  private:
    void take(std::string_view octets) {
        for (; next_ != beginnings_.end() && next_->first - octets_ <= octets.size(); ++next_) {
            const auto part = static_cast<std::size_t>(next_->first - octets_);
            absorb(octets.substr(0, part));
            octets.remove_prefix(part);
            next_->second = hash_.digest();
        }
        absorb(octets);
    }

    void absorb(std::string_view octets) {
        hash_.update(octets);
        octets_ += octets.size();
    }

    Sha256 hash_;
    std::uint64_t octets_ = 0;                           // that the hash is of
    std::map<std::uint64_t, std::string> beginnings_{};  // limit → digest; empty: the body has not come so far
    std::map<std::uint64_t, std::string>::iterator next_ = beginnings_.begin();
    std::string whole_{};
    BodyCanonicalizer canonical_;
};

BodyHashes::BodyHashes() = default;
BodyHashes::~BodyHashes() = default;
BodyHashes::BodyHashes(BodyHashes&&) noexcept = default;
BodyHashes& BodyHashes::operator=(BodyHashes&&) noexcept = default;

void BodyHashes::want(Canonicalization form, std::optional<std::uint64_t> limit) {
    std::unique_ptr<Stream>& stream = streams_.at(static_cast<std::size_t>(form));
    if (!stream) stream = std::make_unique<Stream>(form);
    stream->want(limit);
}

bool BodyHashes::empty() const { return !streams_[0] && !streams_[1]; }

void BodyHashes::feed(std::string_view piece) {
    for (const std::unique_ptr<Stream>& stream : streams_) {
        if (stream) stream->feed(piece);
    }
}

void BodyHashes::finish() {
    for (const std::unique_ptr<Stream>& stream : streams_) {
        if (stream) stream->finish();
    }
}

BodyHash BodyHashes::hash(Canonicalization form, std::optional<std::uint64_t> limit) const {
    const std::unique_ptr<Stream>& stream = streams_.at(static_cast<std::size_t>(form));
    base::expects(stream != nullptr, "a body hash that nobody asked for");
    return stream->hash(limit);
}

}  // namespace mailauth
