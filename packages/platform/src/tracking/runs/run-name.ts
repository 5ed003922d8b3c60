const adjectives =
  'agile amber ample avid azure balmy bold brave breezy bright brisk calm candid clever cosy crisp dapper daring deft eager earnest fair fleet fond frank fresh gentle glad golden grand hardy hearty honest humble jolly keen kind lively loyal lucid mellow merry mild nimble noble plucky polite proud quick quiet ready rustic serene silver sleek snug solid sunny swift tidy vivid warm witty zesty'.split(
    ' ',
  )
const animals =
  'badger bat bear beaver bee bison boar bream buzzard carp cat crab crane crow deer dove duck eagle eel elk falcon ferret finch fox frog gecko goat goose gull hare hawk heron horse ibis jay kite koala lark lemur lion lizard llama loon lynx magpie marten mole moose moth newt otter owl panda perch plover puffin raven robin seal shrew stork swan tern wolf'.split(
    ' ',
  )

/** A name of an adjective, an animal and a number below 1000, as MLflow's clients know them: the same for the same id. */
export function nameOfRun(runId: string): string {
  const part = (at: number, size: number): number =>
    (Number.parseInt(runId.slice(at, at + 8), 16) || 0) % size
  return [
    adjectives[part(0, adjectives.length)],
    animals[part(8, animals.length)],
    part(16, 1000),
  ].join('-')
}
