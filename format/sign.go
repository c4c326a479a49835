package format

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
)

// signature is the part of the trailer with an ed25519 public key (32 bytes)
// and a signature (64); zeros when the file is not signed.
type signature [ed25519.PublicKeySize + ed25519.SignatureSize]byte

// signContext precedes the final hash in what is signed, so that a signature
// of a trace is never one of something else.
const signContext = "tracerec trailer 1\x00"

// SignedText is what is signed: "tracerec trailer 1", a NUL, and the final
// hash, which covers all else in the file.
func SignedText(hash [32]byte) []byte { return append([]byte(signContext), hash[:]...) }

func sign(key ed25519.PrivateKey, hash *[32]byte) (s signature) {
	copy(s[:], key.Public().(ed25519.PublicKey))
	copy(s[ed25519.PublicKeySize:], ed25519.Sign(key, SignedText(*hash)))
	return s
}

// Errors of CheckSignature.
var (
	ErrNotSigned    = errors.New("the file is not signed")
	ErrOtherKey     = errors.New("the file is signed by another key")
	ErrBadSignature = errors.New("the signature does not belong to this file: it was altered after it was signed")
)

// SigningKey is the public key that the trailer names; nil when the file is
// not sealed or not signed. Anybody can put a key and a signature of their
// own there: compare with a key that you know, by CheckSignature.
func (r *Reader) SigningKey() ed25519.PublicKey {
	if r.totals == nil || r.sig == (signature{}) {
		return nil
	}
	return ed25519.PublicKey(r.sig[:ed25519.PublicKeySize])
}

// CheckSignature checks that the final hash is signed by key, or by the key
// that the trailer names when key is nil. The error is one of those above.
// That the blocks are those of the final hash is for reading with Verify.
func (r *Reader) CheckSignature(key ed25519.PublicKey) error {
	named := r.SigningKey()
	switch {
	case named == nil:
		return ErrNotSigned
	case key != nil && !key.Equal(named):
		return fmt.Errorf("%w: %s, not %s", ErrOtherKey, KeyID(named), KeyID(key))
	case !ed25519.Verify(named, SignedText(r.hash), r.sig[ed25519.PublicKeySize:]):
		return ErrBadSignature
	}
	return nil
}

// KeyID is a public key as 64 hex digits.
func KeyID(key ed25519.PublicKey) string { return hex.EncodeToString(key) }

// NextSegment is the Segment of the file that follows a sealed one with
// header h, id and final hash.
func NextSegment(h *Header, id [16]byte, hash [32]byte) *Segment {
	next := &Segment{Recording: hex.EncodeToString(id[:]), Number: 1, Previous: hex.EncodeToString(hash[:])}
	if s := h.Segment; s != nil && s.Number > 0 {
		next.Recording, next.Number = s.Recording, s.Number+1
	}
	return next
}
