using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Cli.Arguments;

/// <summary>One call of a verb: where to write, what was asked, what was wrong with the asking.</summary>
/// <param name="Given">The arguments after the verb, as given.</param>
/// <param name="Problems">Already found; the verb adds its own and reports all at once.</param>
public sealed record VerbCall(CommandContext Context, ParsedArguments Arguments, ImmutableArray<string> Given, ImmutableArray<Diagnostic> Problems);
