// What a command uses: the parts of one client's session, each with its own header.
#pragma once

#include "protocols/imap/connection/connection.h"

namespace imap {

class Changes;        // changes/changes.h
class CommandReader;  // connection/command_reader.h
class MailboxNews;    // changes/mailbox_news.h
class Selection;      // selection/selection.h

struct Client {
    net::Stream& stream;
    const Options& options;
    Services& services;  // of this session alone: commands/login.cpp logs in to its store
    const services::SessionLog& log;
    Answers& answers;
    Enabled& enabled;
    Login& login;
    Waiting& waiting;
    CommandReader& reader;
    Selection& selection;
    MailboxNews& news;
    Changes& changes;

    Connection connection() const { return {stream, options, services, log, answers, enabled, login, waiting}; }
};

}  // namespace imap
