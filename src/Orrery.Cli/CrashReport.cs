using System.Text;

namespace Orrery.Cli;

/// <summary>What is left behind by a failure nobody foresaw: a file with the details, one line for the person.</summary>
public static class CrashReport
{
    /// <summary>
    /// Writes the exception and the command to a file in the folder for temporary files and says where it is. Where even that fails, says so; the exit
    /// code is 70 either way.
    /// </summary>
    public static int Write(Exception exception, string[] arguments, TextWriter error)
    {
        StringBuilder text = new();
        text.Append("orrery ").AppendLine(typeof(CrashReport).Assembly.GetName().Version?.ToString(3));
        text.Append(".NET ").Append(Environment.Version).Append(", ").AppendLine(Environment.OSVersion.ToString());
        foreach (string argument in arguments)
            text.Append("argument: ").AppendLine(argument);
        text.AppendLine(exception.ToString());

        string path = Path.Combine(Path.GetTempPath(), $"orrery-report-{Environment.ProcessId}.txt");
        try
        {
            File.WriteAllText(path, text.ToString());
            error.WriteLine($"orrery: this is a bug of ours, not of your input ({exception.GetType().Name}). What happened is written to {path}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"orrery: this is a bug of ours, not of your input ({exception.GetType().Name}), and no report could be written to {path}");
        }

        return ExitCode.OurBug;
    }
}
