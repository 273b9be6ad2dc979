/* The pieces of near/mpc's certificates that both making and reading them need
 * (wire.md 1.2). For mpc_cert*.c alone. */
#ifndef MPC_COMMON_MPC_CERT_FORM_H
#define MPC_COMMON_MPC_CERT_FORM_H

/* CN=rcgen self signed cert, a UTF8String; issuer and subject alike. */
#define MPC_CERT_DN "\x30\x21\x31\x1f\x30\x1d\x06\x03\x55\x04\x03\x0c\x16rcgen self signed cert"

/* Ed25519, without parameters. */
#define MPC_CERT_ALGORITHM "\x30\x05\x06\x03\x2b\x65\x70"

#endif
