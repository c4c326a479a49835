// Package docparts holds the generated parts of documents to the code that they are
// generated from. Tests use it, nothing else does. It knows none of our packages, so
// that all of their tests can use it.
package docparts
