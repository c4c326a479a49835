// Package keyfile reads and writes the keys that sign traces: ed25519, as PEM
// of PKCS #8 and SubjectPublicKeyInfo (RFC 8410), as openssl does.
//
// It knows nothing of traces: what is signed is package format's.
package keyfile
