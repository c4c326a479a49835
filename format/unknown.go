package format

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Unknown are fields of a header or of totals that a later tracerec of the same format version
// has added. They are carried along by everything that makes a file of a file.
type Unknown map[string]json.RawMessage

// UnmarshalJSON implements json.Unmarshaler.
func (h *Header) UnmarshalJSON(text []byte) error {
	type plain Header
	if err := json.Unmarshal(text, (*plain)(h)); err != nil {
		return err
	}
	var err error
	h.Unknown, err = unknownFields(text, headerFields)
	return err
}

// MarshalJSON implements json.Marshaler. The version stands first: see findVersion.
func (h Header) MarshalJSON() ([]byte, error) {
	type plain Header
	text, err := json.Marshal(plain(h))
	return h.Unknown.append(text), err
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Totals) UnmarshalJSON(text []byte) error {
	type plain Totals
	if err := json.Unmarshal(text, (*plain)(t)); err != nil {
		return err
	}
	var err error
	t.Unknown, err = unknownFields(text, totalsFields)
	return err
}

// MarshalJSON implements json.Marshaler.
func (t Totals) MarshalJSON() ([]byte, error) {
	type plain Totals
	text, err := json.Marshal(plain(t))
	return t.Unknown.append(text), err
}

var headerFields, totalsFields = jsonFields[Header](), jsonFields[Totals]()

// jsonFields are the names of a struct's fields in JSON. They are known in any case, as
// package json takes them.
func jsonFields[T any]() map[string]bool {
	names := map[string]bool{}
	t := reflect.TypeFor[T]()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "-" {
			names[strings.ToLower(name)] = true
		}
	}
	return names
}

func unknownFields(text []byte, known map[string]bool) (Unknown, error) {
	var all Unknown
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	maps.DeleteFunc(all, func(name string, _ json.RawMessage) bool { return known[strings.ToLower(name)] })
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

// append appends the fields to an object that has some, in the order of their names.
func (u Unknown) append(object []byte) []byte {
	if len(u) == 0 || len(object) == 0 {
		return object
	}
	object = object[:len(object)-1]
	for _, name := range slices.Sorted(maps.Keys(u)) {
		key, _ := json.Marshal(name) // a string always can be
		object = append(append(append(append(object, ','), key...), ':'), u[name]...)
	}
	return append(object, '}')
}
