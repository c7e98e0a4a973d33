"""What certificates are held against."""

from __future__ import annotations

import ssl

import certifi

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe


def trusted_roots(*files: str) -> ssl.SSLContext:
    """The machine's roots (and SSL_CERT_FILE), those that the SDK brings, and those in `files`.

    Raises:
        ProblemError: A file cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())

    for file in files:
        try:
            context.load_verify_locations(file)
        except OSError as error:  # ssl.SSLError is one
            reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else None
            raise ProblemError(
                Problem(
                    ProblemKind.TLS,
                    f"The roots in {safe(file)} cannot be used: {reason or error.strerror}.",
                    "It should be a PEM file: eventhub.ca_file, SSL_CERT_FILE or"
                    " REQUESTS_CA_BUNDLE.",
                )
            ) from None

    return context
