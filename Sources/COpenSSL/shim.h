// shim.h — OpenSSL for Swift: the headers, and inline functions for what are macros in C.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// TLS.
static inline int pr_ssl_ctx_set_minimum_version(SSL_CTX *ctx, int version) { return (int)SSL_CTX_set_min_proto_version(ctx, version); }
static inline int pr_ssl_ctx_set_maximum_version(SSL_CTX *ctx, int version) { return (int)SSL_CTX_set_max_proto_version(ctx, version); }
static inline int pr_ssl_set_server_name(SSL *ssl, const char *name) { return (int)SSL_set_tlsext_host_name(ssl, name); }
static inline void pr_ssl_ctx_release_buffers(SSL_CTX *ctx) { SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); }
static inline void pr_ssl_ctx_disable_session_cache(SSL_CTX *ctx) { SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); }
static inline int pr_bio_pending(BIO *bio) { return (int)BIO_pending(bio); }
static inline void pr_ssl_ctx_refuse_renegotiation(SSL_CTX *ctx) { SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION); }
static inline int pr_err_is_system(unsigned long code) { return ERR_SYSTEM_ERROR(code); }
static inline int pr_err_reason(unsigned long code) { return ERR_GET_REASON(code); }
static inline EVP_PKEY *pr_generate_p256_key(void) { return EVP_EC_gen("P-256"); }

// Signing keys.
static inline EVP_PKEY *pr_generate_rsa_key(size_t bits) { return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits); }
static inline EVP_PKEY *pr_generate_ed25519_key(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }
