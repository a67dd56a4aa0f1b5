using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Cli.Arguments;

/// <summary>
/// Reads the arguments of one verb against its description. Finds every mistake, not the first; a mistake leaves its flag out of the result.
/// Flags are <c>--name value</c> or <c>--name=value</c>; after a lone <c>--</c> everything is an operand.
/// </summary>
public static class ArgumentReader
{
    /// <summary>Longest argument that is read; longer ones are refused unread.</summary>
    public const int LongestArgument = 4096;

    /// <summary>The same for the arguments of another program, given as one.</summary>
    public const int LongestVerbatim = 1 << 20;

    public static (ParsedArguments Arguments, ImmutableArray<Diagnostic> Problems) Read(VerbDescription verb, ReadOnlySpan<string> arguments)
    {
        ParsedArguments parsed = new();
        ImmutableArray<Diagnostic>.Builder problems = ImmutableArray.CreateBuilder<Diagnostic>();
        HashSet<string> seen = [];
        bool flagsEnded = false;
        for (int index = 0; index < arguments.Length; index++)
        {
            string argument = arguments[index];
            if (parsed.Operands.Count < verb.Operands.Length && verb.Operands[parsed.Operands.Count].TakesRest && IsVerbWord(argument))
            {
                parsed.Operands.AddRange(arguments[index..]);
                break;
            }

            if (!flagsEnded && string.Equals(argument, "--", StringComparison.Ordinal))
            {
                flagsEnded = true;
            }
            else if (!flagsEnded && argument.Length > 1 && argument[0] == '-' && !char.IsAsciiDigit(argument[1]))
            {
                index += ReadFlag(verb, argument, arguments[(index + 1)..], parsed, seen, problems);
            }
            else
            {
                ReadOperand(verb, argument, parsed, problems);
            }
        }

        foreach (FlagDescription flag in verb.Flags)
        {
            if (flag.IsRequired && !seen.Contains(flag.Name) && !seen.Overlaps(flag.Unless))
                problems.Add(Error(ErrorCodes.MissingFlag, flag.Name, $"is needed: {flag.Help}"));
        }

        for (int missing = parsed.Operands.Count; missing < verb.Operands.Length; missing++)
        {
            OperandDescription operand = verb.Operands[missing];
            if (operand.IsOptional)
                continue;
            string words = operand.Words.Length > 0 ? $": one of {string.Join(", ", operand.Words)}" : $": {operand.Help}";
            problems.Add(Error(ErrorCodes.MissingArgument, operand.Name, $"is needed{words}"));
        }

        return (parsed, problems.ToImmutable());
    }

    private static bool IsVerbWord(string argument) => argument.Length > 0 && argument[0] != '-';

    /// <summary>Returns how many arguments after the flag it used.</summary>
    private static int ReadFlag(
        VerbDescription verb,
        string argument,
        ReadOnlySpan<string> rest,
        ParsedArguments parsed,
        HashSet<string> seen,
        ImmutableArray<Diagnostic>.Builder problems)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string name = equals >= 0 ? argument[..equals] : argument;
        string? attached = equals >= 0 ? argument[(equals + 1)..] : null;
        FlagDescription? flag = Find(verb, name);
        if (flag is null)
        {
            string[] names = [.. verb.Flags.Select(candidate => candidate.Name)];
            problems.Add(Error(
                ErrorCodes.UnknownFlag,
                Quote.Argument(name),
                $"'{verb.Name}' has no such flag{EditDistance.Hint(name, names)}; {CommandLine.Program} {verb.Name} --help lists them"));

            // Where a verb takes nothing but flags, what follows an unknown one is its value: naming it as a second mistake would only confuse.
            return attached is null && verb.Operands.Length == 0 && rest.Length > 0 && !LooksLikeFlag(rest[0]) ? 1 : 0;
        }

        int used = 0;
        string? text = attached;
        if (text is null && flag.Kind != FlagKind.Switch && rest.Length > 0 && (flag.IsVerbatim || !LooksLikeFlag(rest[0])))
        {
            text = rest[0];
            used = 1;
        }
        else if (text is null && flag.Kind == FlagKind.Switch)
        {
            bool hasWord = rest.Length > 0 && rest[0] is "on" or "off";
            text = hasWord ? rest[0] : "on";
            used = hasWord ? 1 : 0;
        }

        if (!seen.Add(flag.Name) && !flag.Repeats)
        {
            problems.Add(Error(ErrorCodes.RepeatedFlag, flag.Name, "is given more than once"));
            return used;
        }

        if (text is null)
        {
            problems.Add(Error(ErrorCodes.MissingValue, flag.Name, $"needs a value: {flag.Value}{Expected(flag)}"));
            return used;
        }

        if (Check(flag, text, out double number) is { } problem)
            problems.Add(problem);
        else
            parsed.Add(flag.Name, flag.Kind is FlagKind.Word or FlagKind.Words ? text.ToLowerInvariant() : text, number);
        return used;
    }

    private static bool LooksLikeFlag(string text) => text.Length > 2 && text.StartsWith("--", StringComparison.Ordinal);

    private static FlagDescription? Find(VerbDescription verb, string name)
    {
        foreach (FlagDescription flag in verb.Flags)
        {
            if (string.Equals(flag.Name, name, StringComparison.Ordinal))
                return flag;
        }

        return null;
    }

    private static void ReadOperand(VerbDescription verb, string argument, ParsedArguments parsed, ImmutableArray<Diagnostic>.Builder problems)
    {
        if (parsed.Operands.Count >= verb.Operands.Length)
        {
            problems.Add(Error(ErrorCodes.UnexpectedArgument, Quote.Argument(argument), $"'{verb.Name}' takes no argument here"));
            return;
        }

        OperandDescription operand = verb.Operands[parsed.Operands.Count];
        parsed.Operands.Add(argument);
        if (argument.Length is 0 or > LongestArgument)
        {
            problems.Add(Error(ErrorCodes.WrongValue, operand.Name, argument.Length == 0 ? "is empty" : $"is {argument.Length} characters long"));
        }
        else if (operand.Words.Length > 0 && !operand.Words.Contains(argument, StringComparer.Ordinal))
        {
            string expected = $"expected one of {string.Join(", ", operand.Words)}";
            problems.Add(Error(
                ErrorCodes.WrongValue, operand.Name, $"found '{Quote.Argument(argument)}'; {expected}{EditDistance.Hint(argument, operand.Words)}"));
        }
    }

    /// <summary>What is wrong with a value, or null and the number it stands for.</summary>
    private static Diagnostic? Check(FlagDescription flag, string text, out double number)
    {
        number = 0;
        if (text.Length == 0)
            return Error(ErrorCodes.WrongValue, flag.Name, $"has an empty value{Expected(flag)}");
        if (text.Length > (flag.IsVerbatim ? LongestVerbatim : LongestArgument))
            return Error(ErrorCodes.WrongValue, flag.Name, $"has a value {text.Length} characters long{Expected(flag)}");
        switch (flag.Kind)
        {
            case FlagKind.Switch:
                return text is "on" or "off" ? null : Error(ErrorCodes.WrongValue, flag.Name, $"found '{Quote.Argument(text)}'; expected 'on' or 'off'");
            case FlagKind.Integer:
                if (!TryReadNumber(text, out number) || number != Math.Floor(number))
                    return Error(ErrorCodes.WrongValue, flag.Name, $"found '{Quote.Argument(text)}'{Expected(flag)}");
                return CheckRange(flag, text, number);
            case FlagKind.Count:
                if (flag.Words.Contains(text, StringComparer.OrdinalIgnoreCase))
                {
                    number = double.NaN;
                    return null;
                }

                if (!CountText.TryParse(text, out number))
                    return Error(ErrorCodes.WrongValue, flag.Name, $"found '{Quote.Argument(text)}'{Expected(flag)}");
                return CheckRange(flag, text, number);
            case FlagKind.Word:
                return CheckWord(flag, text);
            case FlagKind.Words:
                foreach (string word in text.Split(','))
                {
                    if (CheckWord(flag, word) is { } unknown)
                        return unknown;
                }

                return null;
            case FlagKind.Number:
                if (!TryReadNumber(text, out number))
                    return Error(ErrorCodes.WrongValue, flag.Name, $"found '{Quote.Argument(text)}'{Expected(flag)}");
                return CheckRange(flag, text, number);
            case FlagKind.Pair:
                int equals = text.IndexOf('=', StringComparison.Ordinal);
                return equals > 0 && equals < text.Length - 1 ? null : Error(ErrorCodes.WrongValue, flag.Name, $"found '{Quote.Argument(text)}'{Expected(flag)}");
            default:
                return null;
        }
    }

    private static bool TryReadNumber(string text, out double number) =>
        Quantity.TryParse(text, QuantityKind.Number, out number, out _) && !text.Contains('%', StringComparison.Ordinal);

    private static Diagnostic? CheckRange(FlagDescription flag, string text, double number) => number >= flag.Low && number <= flag.High
        ? null
        : Error(ErrorCodes.OutOfRange, flag.Name, $"is {Quote.Argument(text)}; it must lie between {Bound(flag.Low)} and {Bound(flag.High)}");

    private static Diagnostic? CheckWord(FlagDescription flag, string text)
    {
        foreach (string word in flag.Words)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
                return null;
        }

        foreach (string word in flag.Unavailable)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
                return Error(ErrorCodes.NotAvailable, flag.Name, $"'{word}' is not available yet{Expected(flag)}");
        }

        return Error(ErrorCodes.WrongValue, flag.Name, $"found '{Quote.Argument(text)}'{Expected(flag)}{EditDistance.Hint(text, flag.Words)}");
    }

    private static string Expected(FlagDescription flag) => flag.Kind switch
    {
        FlagKind.Integer => $"; expected a whole number from {Bound(flag.Low)} to {Bound(flag.High)}",
        FlagKind.Count when flag.Words.Length > 0 => $"; expected a positive number such as 4 or 1,000, or {string.Join(", ", flag.Words)}",
        FlagKind.Count => "; expected a positive number such as 15T, 300B or 1,000,000",
        FlagKind.Word or FlagKind.Words => $"; expected one of {string.Join(", ", flag.Words)}",
        FlagKind.Number => $"; expected a number from {Bound(flag.Low)} to {Bound(flag.High)}",
        FlagKind.Pair => $"; expected {flag.Value}",
        _ => "",
    };

    private static string Bound(double value) => value.ToString(value is > 0 and < 1 ? "0.######" : "#,0", CultureInfo.InvariantCulture);

    private static Diagnostic Error(string code, string place, string message) => new(Severity.Error, code, place, 0, 0, message);
}
