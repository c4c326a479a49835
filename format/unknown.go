package format

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Unknown are fields of a header or of totals, or of what stands in one, that a later tracerec of the same format version
// has added. They are carried along by everything that makes a file of a file.
type Unknown map[string]json.RawMessage

// readFields reads an object into v and gives the fields that are not known.
func readFields(text []byte, v any, known map[string]bool) (Unknown, error) {
	if err := json.Unmarshal(text, v); err != nil {
		return nil, err
	}
	return unknownFields(text, known)
}

// write is v as an object, whose own fields stand first: see findVersion.
func (u Unknown) write(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return u.append(text), err
}

// Each of the structs that headers and totals are made of keeps what it does not know.

var (
	fieldsOfHeader     = jsonFields[Header]()
	fieldsOfTotals     = jsonFields[Totals]()
	fieldsOfScope      = jsonFields[Scope]()
	fieldsOfCondition  = jsonFields[Condition]()
	fieldsOfWitness    = jsonFields[Witness]()
	fieldsOfSegment    = jsonFields[Segment]()
	fieldsOfRedacted   = jsonFields[Redacted]()
	fieldsOfOrigin     = jsonFields[Origin]()
	fieldsOfSource     = jsonFields[Source]()
	fieldsOfSyncTotals = jsonFields[SyncTotals]()
	fieldsOfSelected   = jsonFields[Selected]()
)

func (h *Header) UnmarshalJSON(text []byte) (err error) {
	type plain Header
	h.Unknown, err = readFields(text, (*plain)(h), fieldsOfHeader)
	return err
}

func (h Header) MarshalJSON() ([]byte, error) {
	type plain Header
	return h.Unknown.write(plain(h))
}

func (t *Totals) UnmarshalJSON(text []byte) (err error) {
	type plain Totals
	t.Unknown, err = readFields(text, (*plain)(t), fieldsOfTotals)
	return err
}

func (t Totals) MarshalJSON() ([]byte, error) {
	type plain Totals
	return t.Unknown.write(plain(t))
}

func (s *Scope) UnmarshalJSON(text []byte) (err error) {
	type plain Scope
	s.Unknown, err = readFields(text, (*plain)(s), fieldsOfScope)
	return err
}

func (s Scope) MarshalJSON() ([]byte, error) {
	type plain Scope
	return s.Unknown.write(plain(s))
}

func (c *Condition) UnmarshalJSON(text []byte) (err error) {
	type plain Condition
	c.Unknown, err = readFields(text, (*plain)(c), fieldsOfCondition)
	return err
}

func (c Condition) MarshalJSON() ([]byte, error) {
	type plain Condition
	return c.Unknown.write(plain(c))
}

func (w *Witness) UnmarshalJSON(text []byte) (err error) {
	type plain Witness
	w.Unknown, err = readFields(text, (*plain)(w), fieldsOfWitness)
	return err
}

func (w Witness) MarshalJSON() ([]byte, error) {
	type plain Witness
	return w.Unknown.write(plain(w))
}

func (s *Segment) UnmarshalJSON(text []byte) (err error) {
	type plain Segment
	s.Unknown, err = readFields(text, (*plain)(s), fieldsOfSegment)
	return err
}

func (s Segment) MarshalJSON() ([]byte, error) {
	type plain Segment
	return s.Unknown.write(plain(s))
}

func (r *Redacted) UnmarshalJSON(text []byte) (err error) {
	type plain Redacted
	r.Unknown, err = readFields(text, (*plain)(r), fieldsOfRedacted)
	return err
}

func (r Redacted) MarshalJSON() ([]byte, error) {
	type plain Redacted
	return r.Unknown.write(plain(r))
}

func (o *Origin) UnmarshalJSON(text []byte) (err error) {
	type plain Origin
	o.Unknown, err = readFields(text, (*plain)(o), fieldsOfOrigin)
	return err
}

func (o Origin) MarshalJSON() ([]byte, error) {
	type plain Origin
	return o.Unknown.write(plain(o))
}

func (s *Source) UnmarshalJSON(text []byte) (err error) {
	type plain Source
	s.Unknown, err = readFields(text, (*plain)(s), fieldsOfSource)
	return err
}

func (s Source) MarshalJSON() ([]byte, error) {
	type plain Source
	return s.Unknown.write(plain(s))
}

func (s *SyncTotals) UnmarshalJSON(text []byte) (err error) {
	type plain SyncTotals
	s.Unknown, err = readFields(text, (*plain)(s), fieldsOfSyncTotals)
	return err
}

func (s SyncTotals) MarshalJSON() ([]byte, error) {
	type plain SyncTotals
	return s.Unknown.write(plain(s))
}

func (s *Selected) UnmarshalJSON(text []byte) (err error) {
	type plain Selected
	s.Unknown, err = readFields(text, (*plain)(s), fieldsOfSelected)
	return err
}

func (s Selected) MarshalJSON() ([]byte, error) {
	type plain Selected
	return s.Unknown.write(plain(s))
}

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
