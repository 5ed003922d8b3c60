# Writes the number one; the shell alone, so that no interpreter has to start.
result=$(sed 's/.*"resultPath":"\([^"]*\)".*/\1/' "$KAIZEN_STEP")
printf '{"outputs":{"n":1}}' > "$result"
