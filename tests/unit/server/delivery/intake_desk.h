// An intake with its own store: tests submit messages, then look into mailboxes and the queue.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/delivery/directory.h"
#include "server/delivery/intake/intake.h"
#include "storage/queue_choice.h"
#include "storage/store.h"
#include "tests/unit/server/temporary_house.h"

struct Desk {
    TemporaryHouse house;
    std::int64_t now = 784111777;
    server::delivery::Directory directory{*house.store, {}, [this] { return now; }};
    server::delivery::Intake intake{
        *house.store,
        directory,
        house.log,
        {.hostname = "mail.hamburger.edu", .message_octets = 100'000, .header_octets = 2'000, .received_fields = 3},
        [this] { return now; },
        [this](const std::string&) { return dns; }};
    std::shared_ptr<dns::Source> dns;  // of those who judge; nobody does unless the intake's options say so

    services::Recipient recipient(const std::string& address) {
        return house.await(directory.resolve(address)).value();
    }
    services::IntakeEnvelope envelope(const std::string& from, const std::vector<std::string>& to) {
        services::IntakeEnvelope envelope;
        envelope.area = "smtp";
        envelope.client_address = "192.0.2.7";
        envelope.client_name = "crepes.fr";
        envelope.protocol = "SMTP";
        envelope.reverse_path = from;
        const auto known = std::make_shared<services::KnownDestinations>();
        for (const std::string& address : to) {
            services::Recipient found = house.await(directory.resolve(address, known)).value();
            if (found.ours) known->emplace(found.destinations->name, found.destinations);
            envelope.recipients.push_back({std::move(found), 0, ""});
        }
        return envelope;
    }
    services::IntakeEnvelope submission(const std::vector<std::string>& to) {
        services::IntakeEnvelope envelope = this->envelope("bob@hamburger.edu", to);
        envelope.submitter = services::Identity{.account = house.bob, .name = "bob@hamburger.edu", .generation = 1};
        return envelope;
    }
    // A message in the queue, by its position, with its content.
    struct Queued {
        storage::QueueMessage message;
        std::string content;
    };
    Queued queued(std::size_t place) {
        const storage::QueueMessage message = house.store->read_now(storage::list_queue()).value().at(place);
        return {message, house.store->read_now(storage::read_blob(message.blob, 0, message.size_octets)).value()};
    }
    // Sends the content in pieces of n octets.
    storage::Result<services::IncomingMessage::Receipt> send(services::IntakeEnvelope envelope,
                                                             std::string_view content, std::size_t n = 7) {
        const auto message = intake.begin(std::move(envelope));
        for (std::size_t at = 0; at < content.size(); at += n) {
            const std::string_view piece = content.substr(at, n);
            if (message->fits(piece.size())) {
                message->append(piece);
            } else if (auto done = house.await(message->write(piece)); !done) {
                break;
            }
        }
        return house.await(message->finish());
    }
};
