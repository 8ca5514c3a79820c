// DKIM signatures on what is ours (RFC 6376 §5): what our users have submitted and what is made here, signed by the
// domain of its From, or else of its reverse-path; and what is sent on under a reverse-path of ours, signed by that
// domain. What is merely relayed is nobody's here to sign. A message that goes to several next hops is signed once.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/mailauth/dkim_signer.h"
#include "protocols/mime/seven_bit.h"
#include "protocols/net/worker_pool.h"
#include "protocols/services/directory.h"
#include "storage/queue.h"
#include "storage/store.h"

namespace server::queue {

// Keys of one domain.
using SigningKeys = std::vector<mailauth::DkimSigningKey>;

// How a message is sent once it has been looked through.
struct SignedForm {
    std::string fields;  // DKIM-Signature fields, with their line ends; empty: not signed
    std::vector<mime::SevenBitScanner::Change> changes;
    std::uint64_t size_octets = 0;  // all of it, as sent
    bool headers_are_ascii = true;
};

// The domains that may sign a message with this header section, the best first: names as they are written there.
struct SigningCandidates {
    std::string from;     // the address in From; empty: none
    std::string reverse;  // the reverse-path's domain; empty: none
};
SigningCandidates signing_candidates(const storage::QueueMessage& message, std::string_view header_section);

// On the queue's thread.
class Signing {
  public:
    // `compute`: where keys are used, which takes 0.7 ms each; nullptr: right here.
    Signing(storage::Store& store, services::Directory& directory, net::WorkerPool* compute,
            std::function<std::int64_t()> now);

    static bool is_ours(const storage::QueueMessage& message) {
        return message.submitted || !message.signing_domain.empty();
    }
    // Whose keys sign the message; empty: nobody's. Keys are read again every few seconds.
    asio::awaitable<std::shared_ptr<const SigningKeys>> keys_for(const storage::QueueMessage& message,
                                                                 std::string_view header_section);
    // The fields, from a signer that has had all of the message.
    asio::awaitable<std::string> sign(mailauth::DkimSigner signer, std::shared_ptr<const SigningKeys> keys);

    // What was found out about a message lately; nullptr: nothing. It has two forms: for servers that take UTF-8 in
    // header sections, and for others.
    struct FormId {
        storage::QueueMessageId message;
        bool utf8 = false;
        friend auto operator<=>(const FormId&, const FormId&) = default;
    };
    std::shared_ptr<const SignedForm> find(FormId id) const;
    void remember(FormId id, SignedForm form);

  private:
    asio::awaitable<std::shared_ptr<const SigningKeys>> keys_of(std::string domain);
    asio::awaitable<std::shared_ptr<const SigningKeys>> keys_of_nearest(std::string domain);

    struct Kept {
        std::shared_ptr<const SigningKeys> keys;
        std::int64_t read_at = 0;
    };
    struct Remembered {
        std::shared_ptr<const SignedForm> form;
        std::int64_t at = 0;
    };
    storage::Store& store_;
    services::Directory& directory_;
    net::WorkerPool* compute_;
    std::function<std::int64_t()> now_;
    std::map<std::string, Kept> keys_;
    std::map<FormId, Remembered> forms_;
    std::deque<FormId> remembered_;  // the oldest first
};

}  // namespace server::queue
