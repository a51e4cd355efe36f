@echo off
rem Opens the LSTM course in JupyterLab. Your lessons are in the folder lstm-course of your own folder.
setlocal
set "COURSE_ENV=%USERPROFILE%\lstm-course-env"
if exist "%~dp0Scripts\lstm-course.exe" set "COURSE_ENV=%~dp0."
if not exist "%COURSE_ENV%\Scripts\lstm-course.exe" (
    echo The course is not installed in %COURSE_ENV%: run install.bat first.
    pause
    exit /b 1
)
"%COURSE_ENV%\Scripts\lstm-course.exe" lab "%USERPROFILE%\lstm-course" %*
pause
