package format

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// PlainJSON puts an error of encoding/json into words without types of Go: which
// field, what stands there, and what should.
func PlainJSON(err error) error {
	var (
		typed  *json.UnmarshalTypeError
		syntax *json.SyntaxError
	)
	switch {
	case errors.As(err, &typed) && typed.Field == "":
		return fmt.Errorf("%s where %s should stand", article(typed.Value), wordOf(typed.Type))
	case errors.As(err, &typed):
		return fmt.Errorf("%s: %s where %s should stand", typed.Field, article(typed.Value), wordOf(typed.Type))
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON at character %d: %w", syntax.Offset, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON ends too early")
	}
	return err
}

// article is what JSON calls a value, with its article: "number 7" stays.
func article(value string) string {
	switch value {
	case "number", "string", "bool":
		return "a " + value
	case "array", "object":
		return "an " + value
	}
	return value
}

// wordOf is what JSON calls what is decoded into a type.
func wordOf(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int:
		return fmt.Sprintf("a whole number of %d bits", t.Bits())
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		return fmt.Sprintf("a number from 0 of %d bits", t.Bits())
	}
	return "another value"
}
