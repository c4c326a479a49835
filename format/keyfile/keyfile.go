package keyfile

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	privateType = "PRIVATE KEY"
	publicType  = "PUBLIC KEY"
	maxFile     = 64 << 10
)

// Generate makes a key and writes it to path, mode 0600, and its public part
// to path.pub, 0644. Neither file may exist. When it fails it leaves none.
func Generate(path string) (ed25519.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	open, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	if err := write(path, privateType, secret, 0o600); err != nil {
		return nil, err
	}
	if err := write(path+".pub", publicType, open, 0o644); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	return public, nil
}

func write(path, kind string, der []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s already exists: a key is never replaced, choose another name", path)
	}
	if err != nil {
		return err
	}
	err = pem.Encode(f, &pem.Block{Type: kind, Bytes: der})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(path)
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Private reads a private key.
func Private(path string) (ed25519.PrivateKey, error) {
	block, err := read(path)
	if err != nil {
		return nil, err
	}
	if block.Type == publicType {
		return nil, fmt.Errorf("%s is a public key: to sign, give the file without .pub", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if private, ok := key.(ed25519.PrivateKey); ok && err == nil {
		return private, nil
	}
	return nil, notOurs(path)
}

// Public reads a public key, or the public part of a private one.
func Public(path string) (ed25519.PublicKey, error) {
	block, err := read(path)
	if err != nil {
		return nil, err
	}
	if block.Type == privateType {
		private, err := Private(path)
		if err != nil {
			return nil, err
		}
		return private.Public().(ed25519.PublicKey), nil
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if public, ok := key.(ed25519.PublicKey); ok && err == nil {
		return public, nil
	}
	return nil, notOurs(path)
}

func notOurs(path string) error {
	return fmt.Errorf("%s is no ed25519 key: make one with tracerec keygen", path)
}

func read(path string) (*pem.Block, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, notOurs(path)
	}
	return block, nil
}
