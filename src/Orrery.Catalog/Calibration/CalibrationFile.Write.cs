using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Orrery.Catalog;

public sealed partial record CalibrationFile
{
    /// <summary>
    /// The file's text. Fits are ordered by operator, scope and format, constants by name, numbers are the shortest that read back the same:
    /// equal contents give equal bytes.
    /// </summary>
    /// <exception cref="ArgumentException">A number is not finite, or a constant lies outside its own range: the fit is broken, not the file.</exception>
    public string ToYaml()
    {
        StringBuilder text = new();
        text.Append("# Written by `orrery calibrate`; do not edit by hand.\n");
        text.Append("subject: ").Append(Quoted(Subject)).Append('\n');
        text.Append("kind: ").Append(KindWords[(int)Kind]).Append('\n');
        text.Append("date: ").Append(Quoted(Date)).Append('\n');
        text.Append(Fits.IsEmpty ? "fits: []\n" : "fits:\n");
        List<CalibrationFit> ordered = [.. Fits];
        ordered.Sort(static (left, right) =>
        {
            int byOperator = string.CompareOrdinal(left.Operator, right.Operator);
            int byScope = string.CompareOrdinal(left.Scope, right.Scope);
            return byOperator != 0 ? byOperator : byScope != 0 ? byScope : string.CompareOrdinal(left.Format, right.Format);
        });
        foreach (CalibrationFit fit in ordered)
        {
            Append(text, fit);
        }

        return text.ToString();
    }

    /// <summary>Writes the file in one step: a reader sees the old one or the new one, never half of it.</summary>
    public void Write(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        string temporary = path + ".new";
        File.WriteAllText(temporary, ToYaml(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        File.Move(temporary, path, overwrite: true);
    }

    private static void Append(StringBuilder text, CalibrationFit fit)
    {
        text.Append("  - operator: ").Append(Quoted(fit.Operator)).Append('\n');
        AppendText(text, "format", fit.Format);
        AppendText(text, "scope", fit.Scope);
        if (!fit.Source.IsEmpty)
        {
            text.Append("    source: [").AppendJoin(", ", fit.Source.Select(Quoted)).Append("]\n");
        }

        text.Append(fit.Constants.IsEmpty ? "    constants: {}\n" : "    constants:\n");
        foreach ((string name, CalibratedConstant constant) in fit.Constants.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            if (!(constant.Value >= constant.Low && constant.Value <= constant.High))
            {
                throw new ArgumentException($"the constant '{name}' of '{fit.Operator}' is {constant.Value}, outside {constant.Low} to {constant.High}", nameof(fit));
            }

            text.Append("      ").Append(Quoted(name)).Append(": {value: ").Append(Number(constant.Value))
                .Append(", low: ").Append(Number(constant.Low)).Append(", high: ").Append(Number(constant.High))
                .Append(", unit: ").Append(Quoted(constant.Unit)).Append(constant.IsAtLimit ? ", atLimit: true}\n" : "}\n");
        }

        text.Append("    residualSigma: ").Append(Number(fit.ResidualSigma)).Append('\n');
        if (fit.FirstTokenSigma > 0)
        {
            text.Append("    firstTokenSigma: ").Append(Number(fit.FirstTokenSigma)).Append('\n');
        }

        if (!fit.ClassSigmas.IsEmpty)
        {
            text.Append("    classSigmas: [").AppendJoin(", ", fit.ClassSigmas.Select(Number)).Append("]\n");
        }

        text.Append("    medianError: ").Append(Number(fit.MedianError)).Append('\n');
        text.Append("    meanError: ").Append(Number(fit.MeanError)).Append('\n');
        if (fit.LeaveOneOutBy.Length > 0)
        {
            text.Append("    leaveOneOutError: ").Append(Number(fit.LeaveOneOutError)).Append('\n');
            AppendText(text, "leaveOneOutBy", fit.LeaveOneOutBy);
        }

        AppendTexts(text, "chips", fit.Chips);
        AppendTexts(text, "families", fit.Families);
        text.Append("    rowsFitted: ").Append(fit.RowsFitted.ToString(CultureInfo.InvariantCulture)).Append('\n');
        AppendText(text, "rowsFile", fit.RowsFile);
        AppendText(text, "note", fit.Note);
    }

    private static void AppendText(StringBuilder text, string key, string value)
    {
        if (value.Length > 0)
        {
            text.Append("    ").Append(key).Append(": ").Append(Quoted(value)).Append('\n');
        }
    }

    private static void AppendTexts(StringBuilder text, string key, ImmutableArray<string> values)
    {
        if (!values.IsEmpty)
        {
            text.Append("    ").Append(key).Append(": [").AppendJoin(", ", values.Select(Quoted)).Append("]\n");
        }
    }

    private static string Number(double value) => double.IsFinite(value)
        ? value.ToString("R", CultureInfo.InvariantCulture)
        : throw new ArgumentException($"a calibration cannot hold {value}", nameof(value));

    /// <summary>Plain where every YAML reader would take it for the same text, else in double quotes.</summary>
    internal static string Quoted(string value)
    {
        bool plain = value.Length > 0 && char.IsAsciiLetter(value[0]) && value is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off");
        foreach (char letter in value)
        {
            plain &= char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '/';
        }

        if (plain)
        {
            return value;
        }

        StringBuilder quoted = new("\"");
        foreach (char letter in value)
        {
            switch (letter)
            {
                case '"' or '\\':
                    quoted.Append('\\').Append(letter);
                    break;
                case '\n':
                    quoted.Append("\\n");
                    break;
                case '\t':
                    quoted.Append("\\t");
                    break;
                case < ' ' or (>= '\u007f' and < '\u00a0') or '\u2028' or '\u2029' or '\ufeff':
                    quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}");
                    break;
                default:
                    quoted.Append(letter);
                    break;
            }
        }

        return quoted.Append('"').ToString();
    }
}
