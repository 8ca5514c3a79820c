// The HTTP/1.1 server: RESTinio on one of the network threads. Pages use values (http.h), never RESTinio.
#pragma once

#include <asio/io_context.hpp>
#include <memory>
#include <string>

#include "protocols/net/listener.h"
#include "protocols/net/tls.h"
#include "web/context.h"

namespace web {

class Server {
  public:
    // Everything passed must outlive the server; all of it runs on the context's one thread.
    Server(asio::io_context& context, const Options& options, Services services);
    ~Server();

    // Accepts on a bound port. Call it before the context runs, or on its thread. Throws std::runtime_error naming it.
    void listen(net::ListeningSocket port);
    // The same with TLS. `certificates` must outlive the server, and may be replaced meanwhile.
    void listen_tls(net::ListeningSocket port, const net::TlsContext& certificates);

    // To be called now and then, on the context's thread (routes.h).
    void look_after();

    // Stops accepting and closes connections. Call it on the context's thread, or when that no longer runs.
    void close();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace web
