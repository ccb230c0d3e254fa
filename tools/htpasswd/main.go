// Turns lines of "user:password" on standard input into lines of an htpasswd file with bcrypt hashes,
// the only kind that the distribution registry reads. The cost is bcrypt's lowest: these are passwords of tests.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		user, password, found := strings.Cut(lines.Text(), ":")
		if !found {
			fail("a line without a colon")
		}
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		if err != nil {
			fail(err.Error())
		}
		fmt.Printf("%s:%s\n", user, hash)
	}
	if err := lines.Err(); err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "htpasswd: "+why)
	os.Exit(1)
}
